using Quorate.Cluster.Forwarding;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Sessions;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Merging;

/// <summary>To a group whose data merges: any replica executes any command, reads too. What this node was asked by others, and has
/// executed, is remembered here as well, across the times in which it has no replica.</summary>
internal sealed class MergingOutgoing : Outgoing
{
    private readonly CommandForwarder _forwarder;
    private readonly CommandInbox _inbox;
    private MergingCommands _commands;
    private byte[] _entry = new byte[256];

    private MergingOutgoing(Policy policy, Node node)
    {
        _commands = new MergingCommands(policy);
        _forwarder = new CommandForwarder(this, node);
        Answers = new ForwardAnswers(node.Options.Self);
        _inbox = new CommandInbox(this, node.ForwardingSession);
    }

    public override KeyspaceCommands Commands => _commands;

    /// <summary>The replica here; null where there is none.</summary>
    public MergingGroup? Here { get; private set; }

    /// <summary>There is a replica here, and it takes commands.</summary>
    public bool Serves => Here is { Replica.IsLeader: true };

    /// <summary>Replies to what other nodes asked.</summary>
    public ForwardAnswers Answers { get; }

    public override bool IsEmpty => _forwarder.Count == 0;

    /// <summary>What stood for the group until now goes on, if it was of this kind.</summary>
    public static MergingOutgoing Of(Policy policy, Group? before, Node node)
    {
        if (before?.Outgoing is not MergingOutgoing outgoing) return new MergingOutgoing(policy, node);
        outgoing._commands = new MergingCommands(policy);
        return outgoing;
    }

    public override void MoveTo(Group group)
    {
        Here = null;
        _forwarder.MoveTo(group);
        _inbox.MoveTo(group);
        Answers.MoveTo(group);
    }

    /// <summary>A replica is here from now on.</summary>
    public void Settle(MergingGroup here) => Here = here;

    public override void Enqueue(ClientSession session, long slot, int database, CommandSpec spec, in CommandArgs args, StepTime now)
    {
        var length = _commands.WriteEntry(ref _entry, args, session.Output.Protocol, now, out _);
        _forwarder.Enqueue(session, slot, spec.Route == CommandRoute.Read, _entry.AsSpan(0, length), now);
        if (_entry.Length > 1 << 20) _entry = new byte[256];
    }

    public override bool GiveUp(ClientSession session, long slot) => _forwarder.GiveUp(session, slot);

    public override void Forget(ClientSession session) => _forwarder.Forget(session);

    public override void OnReply(long sequence, in HistoryPoint point, ReadOnlySpan<byte> reply, StepTime now) => _forwarder.OnReply(sequence, reply, now);

    public override void OnLife(NodeId member, long life, StepTime now) => _forwarder.OnLife(member, life, now);

    /// <summary>Commands of another node, or of this one from the time when it had no replica.</summary>
    public bool OnRequests(NodeId origin, ForwardRequests requests, StepTime now) => _inbox.OnRequests(origin, requests, now);

    /// <inheritdoc/>
    /// <remarks>The inbox tells the asker which life of this node it reaches, and that there is no replica.</remarks>
    public override bool Refuse(NodeId origin, ForwardRequests requests, StepTime now) => _inbox.OnRequests(origin, requests, now);

    public override void OnTick(StepTime now) => _forwarder.OnTick(now);

    public override void Flush(StepTime now)
    {
        _forwarder.Flush(now);
        Answers.Flush(now);
    }
}
