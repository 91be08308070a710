using Quorate.Cluster.Forwarding;
using Quorate.Cluster.Hosting;
using Quorate.Cluster.Reads;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Groups;

/// <summary>A group of which this node has no replica: everything goes to nodes that have one. It has no machine and no table of
/// requests.</summary>
internal sealed class AbsentGroup : Group
{
    private readonly AbsentReplica _replica;
    private readonly ReadAnswers _unable;

    /// <param name="id">Which group.</param>
    /// <param name="node">Where.</param>
    /// <param name="policy">Null: the default group's, or not known yet.</param>
    /// <param name="before">What stood for the group on this node until now.</param>
    public AbsentGroup(GroupId id, IGroupsNode node, Policy? policy, Group? before)
        : base(
            id, node, policy,
            policy is { IsMerging: true } ? Succession.ToMerging(before, policy, node) : Succession.ToOrdered(before, node))
    {
        Commands = policy is { IsMerging: true } ? new MergingCommands(policy) : OrderedCommands.Instance;
        _replica = new AbsentReplica(() => node.Routing.LeaderElsewhere(id));
        _unable = new ReadAnswers(Hosting);
    }

    public override IReplica Replica => _replica;

    public override bool IsAbsent => true;

    public override GroupCommands Commands { get; }

    /// <inheritdoc/>
    /// <remarks>The replicas that are asked may differ from one command to the next.</remarks>
    public override bool ReadsFollowWrites => Commands.HandsOnReads;

    public override void Take(IAsker session, long slot, int database, CommandSpec spec, in CommandArgs args, StepTime now) =>
        Outgoing.Enqueue(session, slot, database, spec, args, now);

    public override bool OnRequests(NodeId from, ForwardRequests requests, StepTime now) => Outgoing.Refuse(from, requests, now);

    public override void OnSilence(StepTime now) => Node.Routing.OnSilence(this, now);

    public override void OnOutcome(RequestId id, in Outcome outcome)
    {
    }

    public override void OnTurnEnd(StepTime now)
    {
        base.OnTurnEnd(now);
        _unable.Flush();
    }

    protected override bool OnReadsAsked(NodeId from, ReadsAsked asked, StepTime now)
    {
        for (var runs = asked.Runs.Span; runs.Length > 0;)
        {
            if (!RunCodec.TryTake(ref runs, out var run)) return false;
            _unable.Refuse(from, asked.Session, run.Ticket, RunOutcome.Unable);
        }

        return true;
    }

    protected override bool OnReadsAnswered(NodeId from, ReadsAnswered answered, StepTime now)
    {
        if (from == Replica.Leader && !answered.Leader.IsNone) OnRedirect(from, answered.Leader, now);
        return base.OnReadsAnswered(from, answered, now);
    }

    protected override void OnRedirect(NodeId from, NodeId leader, StepTime now) =>
        Node.Routing.OnRedirect(this, from, leader, now);
}
