using Quorate.Cluster.Hosting;
using Quorate.Cluster.Reads;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Forwarding;

/// <summary>To a group with one order of all writes: commands go to its leader, reads to any replica that may answer
/// them.</summary>
internal sealed class OrderedOutgoing : Outgoing
{
    private readonly IGroupNode _node;
    private IForwardingGroup _group = null!; // the first object moves it to itself as it is made

    public OrderedOutgoing(IGroupNode node, PeerScores peers)
    {
        _node = node;
        Forwarder = new Forwarder(node.Life, node.Options.Self);
        Reads = new RemoteReads(node, peers);
    }

    public Forwarder Forwarder { get; }

    public override RemoteReads Reads { get; }

    public override bool IsEmpty => Forwarder.Count == 0 && Reads.Count == 0;

    public override void MoveTo(IForwardingGroup group)
    {
        _group = group;
        Forwarder.MoveTo(group);
        Reads.MoveTo(group.Hosting);
    }

    public override void Enqueue(IAsker session, long slot, int database, CommandSpec spec, in CommandArgs args, StepTime now) =>
        Forwarder.Enqueue(session, slot, database, args, now);

    public override bool GiveUp(IAsker session, long slot) => Forwarder.GiveUp(session, slot);

    public override void Forget(IAsker session)
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
        var leader = _group.Hosting.Replica.Leader;
        if (!leader.IsNone && IsOutsider(origin)) _group.Hosting.Send(origin, new ForwardRedirect { Leader = leader });
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

    private bool IsOutsider(NodeId node) =>
        _node.Map?.Group(_group.Hosting.Id) is { } entry && !entry.Configuration.Contains(node);
}
