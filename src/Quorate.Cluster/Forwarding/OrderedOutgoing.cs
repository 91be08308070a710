using Quorate.Cluster.Groups;
using Quorate.Cluster.Reads;
using Quorate.Cluster.Sessions;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Forwarding;

/// <summary>To a group with one order of all writes: commands go to its leader, reads to any replica that may answer them.</summary>
internal sealed class OrderedOutgoing : Outgoing
{
    private readonly Node _node;
    private Group _group = null!; // the first object moves it to itself as it is made

    private OrderedOutgoing(Node node)
    {
        _node = node;
        Forwarder = new Forwarder(node.ForwardingSession, node.Options.Self);
        Reads = new RemoteReads(node);
    }

    public Forwarder Forwarder { get; }

    public override RemoteReads Reads { get; }

    public override KeyspaceCommands Commands => OrderedCommands.Instance;

    public override bool IsEmpty => Forwarder.Count == 0 && Reads.Count == 0;

    /// <summary>What stood for the group until now goes on, if it was of this kind.</summary>
    public static OrderedOutgoing Of(Group? before, Node node) => before?.Outgoing as OrderedOutgoing ?? new OrderedOutgoing(node);

    public override void MoveTo(Group group)
    {
        _group = group;
        Forwarder.MoveTo(group);
        Reads.MoveTo(group);
    }

    public override void Enqueue(ClientSession session, long slot, int database, CommandSpec spec, in CommandArgs args, StepTime now) =>
        Forwarder.Enqueue(session, slot, database, args, now);

    public override bool GiveUp(ClientSession session, long slot) => Forwarder.GiveUp(session, slot);

    public override void Forget(ClientSession session)
    {
        Forwarder.Forget(session);
        Reads.Forget(session);
    }

    public override void OnReply(long sequence, in HistoryPoint point, ReadOnlySpan<byte> reply, StepTime now) =>
        Forwarder.OnReply(sequence, point, reply, now);

    /// <inheritdoc/>
    /// <remarks>A member learns of a new leader by itself and asks that; other nodes must be told.</remarks>
    public override bool Refuse(NodeId origin, ForwardRequests requests, StepTime now)
    {
        var leader = _group.Replica.Leader;
        if (!leader.IsNone && _node.Routing.IsOutsider(_group.Id, origin)) _group.Hosting.Send(origin, new ForwardRedirect { Leader = leader });
        return true;
    }

    public override bool OnReads(NodeId from, ReadsAnswered answered, StepTime now) => Reads.OnAnswers(from, answered, now);

    public override void OnLeaderChanged(StepTime now) => Forwarder.OnLeaderChanged(now);

    public override void OnTick(StepTime now)
    {
        Forwarder.OnTick(now);
        Reads.OnTick(now);
    }

    public override void Flush(StepTime now)
    {
        Forwarder.Flush(now);
        Reads.Flush();
    }
}
