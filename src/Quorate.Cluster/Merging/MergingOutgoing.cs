using Quorate.Cluster.Forwarding;
using Quorate.Cluster.Hosting;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Merging;

/// <summary>To a group whose data merges: any replica executes any command, reads too. What this node was asked by others, and
/// has executed, is remembered here as well, across the times in which it has no replica.</summary>
internal sealed class MergingOutgoing : Outgoing
{
    private readonly CommandForwarder _forwarder;
    private readonly CommandInbox _inbox;
    private byte[] _entry = new byte[256];

    /// <param name="policy">Whose numbers QUORUM is checked by.</param>
    /// <param name="node">Where.</param>
    public MergingOutgoing(Policy policy, IGroupNode node)
    {
        Policy = policy;
        _forwarder = new CommandForwarder(this, node);
        Answers = new ForwardAnswers(node.Options.Self);
        _inbox = new CommandInbox(this, node.Life);
    }

    public Policy Policy { get; set; }

    /// <summary>The replica here; null where there is none.</summary>
    public IMergingReplica? Here { get; private set; }

    /// <summary>There is a replica here, and it takes commands.</summary>
    public bool Serves => Here is { Serves: true };

    /// <summary>Replies to what other nodes asked.</summary>
    public ForwardAnswers Answers { get; }

    public override bool IsEmpty => _forwarder.Count == 0;

    public override void MoveTo(IForwardingGroup group)
    {
        Here = null;
        _forwarder.MoveTo(group);
        _inbox.MoveTo(group);
        Answers.MoveTo(group);
    }

    /// <summary>A replica is here from now on.</summary>
    public void Settle(IMergingReplica here) => Here = here;

    public override void Enqueue(IAsker session, long slot, int database, CommandSpec spec, in CommandArgs args, StepTime now)
    {
        var length = QuorumWords.WriteEntry(Policy, ref _entry, args, session.Protocol, now, out _);
        _forwarder.Enqueue(session, slot, spec.Route == CommandRoute.Read, _entry.AsSpan(0, length), now);
        if (_entry.Length > 1 << 20) _entry = new byte[256];
    }

    public override bool GiveUp(IAsker session, long slot) => _forwarder.GiveUp(session, slot);

    public override void Forget(IAsker session) => _forwarder.Forget(session);

    public override void OnReply(long sequence, in HistoryPoint point, ReadOnlySpan<byte> reply, StepTime now) =>
        _forwarder.OnReply(sequence, reply, now);

    public override void OnLife(NodeId member, long life, StepTime now) => _forwarder.OnLife(member, life, now);

    /// <summary>Commands of another node, or of this one from the time when it had no replica.</summary>
    public bool OnRequests(NodeId origin, ForwardRequests requests, StepTime now) => _inbox.OnRequests(origin, requests, now);

    /// <inheritdoc/>
    /// <remarks>The inbox tells the asker which life of this node it reaches, and that there is no replica.</remarks>
    public override bool Refuse(NodeId origin, ForwardRequests requests, StepTime now) =>
        _inbox.OnRequests(origin, requests, now);

    public override void OnTick(StepTime now) => _forwarder.OnTick(now);

    public override void Flush(StepTime now)
    {
        _forwarder.Flush(now);
        Answers.Flush(now);
    }
}
