using System.Buffers.Binary;
using System.Text;
using Quorate.Cluster.Forwarding;
using Quorate.Data;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Forwarding;

/// <summary>What a leader says of forwarded writes, and which it executes, when they come more than once.</summary>
public sealed class ForwardInboxTests
{
    private const string Refusal = "-NOREPLICAS fewer in sync than the policy asks for\r\n";
    private static readonly NodeId Origin = new(2);
    private static readonly Outcome Short = Outcome.Unavailable("NOREPLICAS fewer in sync than the policy asks for");

    private readonly ForwardingNode _node = new(1);
    private readonly ForwardingGroup _group;

    public ForwardInboxTests() => _group = new ForwardingGroup(_node) { Leader = _node.Options.Self };

    [Fact]
    public void Too_few_replicas_is_an_answer()
    {
        _group.Refusal = Short;
        Forward(1, 1, "INCR n").ShouldBe(Refusal);
        _group.Log.ShouldBeEmpty();
    }

    /// <summary>
    /// <list type="number">
    /// <item>The write goes into the log, and this node leads no longer.</item>
    /// <item>It leads again with too few replicas, and the origin asks again.</item>
    /// <item>A refusal would be a lie as soon as the entry is committed: the log has it still.</item>
    /// </list>
    /// </summary>
    [Fact]
    public void A_write_that_went_into_the_log_here_is_not_refused_later()
    {
        Forward(1, 1, "INCR n").ShouldBe("");
        _group.Log.ShouldBe(["INCR n"]);
        LeadAgain();
        _group.Refusal = Short;
        Forward(1, 1, "INCR n").ShouldBe("", "nobody knows what becomes of it");
    }

    /// <summary>
    /// <list type="number">
    /// <item>The write is refused, and its client is told so. A copy of the message is still on its way.</item>
    /// <item>The replicas come back; this node leads again and has forgotten what it had accepted.</item>
    /// <item>The copy arrives: executed now, it would take effect although its client was told that it does not.</item>
    /// </list>
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_late_copy_of_a_write_that_was_refused_is_not_executed(bool isEarlierOneOpen)
    {
        var sequence = isEarlierOneOpen ? 2 : 1;
        if (isEarlierOneOpen) Forward(1, 1, "INCR open").ShouldBe("");
        _group.Refusal = Short;
        Forward(1, sequence, "INCR n").ShouldBe(Refusal);
        LeadAgain();
        _group.Refusal = null;
        _group.Log.Clear();
        if (isEarlierOneOpen) Forward(1, 1, "INCR open");
        Forward(1, sequence, "INCR n").ShouldBe("");
        _group.Log.ShouldBe(isEarlierOneOpen ? ["INCR open"] : []);
        Forward(sequence + 1, sequence + 1, "INCR next");
        _group.Log[^1].ShouldBe("INCR next");
    }

    /// <summary>The origin has an answer to all that is below its lowest, whoever gave it.</summary>
    [Fact]
    public void A_late_copy_of_a_write_that_has_its_answer_is_not_executed()
    {
        Forward(5, 5, "INCR n");
        LeadAgain();
        _group.Log.Clear();
        Forward(4, 4, "INCR old");
        _group.Log.ShouldBeEmpty();
    }

    [Fact]
    public void Writes_of_an_earlier_life_of_the_origin_are_not_executed()
    {
        Forward(1, 1, "INCR n", session: 8);
        LeadAgain();
        _group.Log.Clear();
        Forward(1, 1, "INCR old", session: 7);
        _group.Log.ShouldBeEmpty();
    }

    private void LeadAgain() => _group.Inbox.OnLeaderChanged();

    /// <returns>What the origin is told; empty: nothing.</returns>
    private string Forward(long lowest, long sequence, string words, long session = 7)
    {
        var entry = new byte[256];
        var length = EntryCodec.WriteCommand(ref entry, 0, 0, 2, ForwardingClient.Words(words));
        var commands = new byte[4 + length];
        BinaryPrimitives.WriteInt32LittleEndian(commands, length);
        entry.AsSpan(0, length).CopyTo(commands.AsSpan(4));
        var message = new ForwardRequests
        {
            Session = session,
            LowestOutstanding = lowest,
            FirstSequence = sequence,
            Count = 1,
            Commands = commands,
        };
        _node.Sent.Clear();
        _group.Inbox.OnRequests(Origin, message, _node.Now).ShouldBeTrue();
        _group.Inbox.Answers.Flush(_node.Now);
        var text = new StringBuilder();
        foreach (var (to, sent) in _node.Sent)
        {
            to.ShouldBe(Origin);
            var replies = sent.ShouldBeOfType<ForwardReplies>().Replies;
            while (ForwardReplies.TryTake(ref replies, out var answered, out _, out var reply))
            {
                answered.ShouldBe(sequence);
                text.Append(Encoding.UTF8.GetString(reply.Span));
            }
        }

        return text.ToString();
    }
}
