using System.Buffers.Binary;
using Quorate.Cluster.Forwarding;
using Quorate.Cluster.Merging;
using Quorate.Data;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Resp;

namespace Quorate.Cluster.Tests.Forwarding;

/// <summary>Commands on their way to a replica whose data merges, which remembers what it has executed only as long as its node
/// runs.</summary>
public sealed class CommandInboxTests
{
    private static readonly NodeId Origin = new(2);

    private readonly ForwardingNode _node = new(1, incarnation: 5);
    private readonly MergingOutgoing _outgoing;
    private readonly Replica _replica = new();

    public CommandInboxTests()
    {
        _outgoing = new MergingOutgoing(PolicyDefaults.For(Strategy.MultiLeader), _node);
        _outgoing.MoveTo(new ForwardingGroup(_node));
        _outgoing.Settle(_replica);
    }

    [Fact]
    public void A_command_that_is_sent_to_this_life_is_executed_once()
    {
        Forward(_node.Life, 1);
        Forward(_node.Life, 1);
        _replica.Taken.ShouldBe([1]);
        _node.Sent.ShouldBeEmpty();
    }

    /// <summary>
    /// <list type="number">
    /// <item>The node executes a command, and its reply is lost. A copy of the command is still on its way.</item>
    /// <item>The node is restarted, and knows nothing of what it has executed.</item>
    /// <item>The copy arrives: it must not take effect once more.</item>
    /// </list>
    /// </summary>
    [Fact]
    public void A_late_copy_of_a_command_that_was_sent_to_an_earlier_life_is_not_executed()
    {
        var earlier = new ForwardingNode(1, incarnation: 4).Life;
        Forward(earlier, 1);
        _replica.Taken.ShouldBeEmpty();
        var (to, message) = _node.Sent.ShouldHaveSingleItem();
        to.ShouldBe(Origin);
        message.ShouldBeOfType<ForwardLife>().Life.ShouldBe(_node.Life, "the origin learns whom it reaches");
    }

    private void Forward(long life, long sequence)
    {
        var entry = new byte[256];
        var length = EntryCodec.WriteCommand(ref entry, 0, 0, 2, ForwardingClient.Words("INCR n"));
        var commands = new byte[4 + length];
        BinaryPrimitives.WriteInt32LittleEndian(commands, length);
        entry.AsSpan(0, length).CopyTo(commands.AsSpan(4));
        _outgoing.OnRequests(
            Origin,
            new ForwardRequests
            {
                Session = 7,
                LowestOutstanding = life,
                FirstSequence = sequence,
                Count = 1,
                Commands = commands,
            },
            _node.Now).ShouldBeTrue();
    }

    private sealed class Replica : IMergingReplica
    {
        public List<long> Taken { get; } = [];

        public bool Serves => true;

        public void Take(
            NodeId origin, long session, long sequence, in CommandArgs command, ReadOnlySpan<byte> entry, StepTime now) =>
            Taken.Add(sequence);
    }
}
