using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>Which role this replica is in, and how it changes: with terms, elections, and who is heard to lead. [Raft §5.1,
/// §5.2]</summary>
internal sealed class Roles(RaftReplica replica)
{
    public Role Current { get; private set; } = null!;

    /// <summary>When this replica last became the leader. Nobody else's lease runs any more then: those who elected it had not
    /// heard another leader for as long as its lease takes. [Raft §6.4.1]</summary>
    public StepTime LeaderSince { get; private set; }

    /// <summary>Voters do, and one whose removal is not known to be committed: its log may be the one that is needed to
    /// commit it. [Raft §4.2.2]</summary>
    private bool MayCampaign
    {
        get
        {
            var (configurations, self) = (replica.Configurations, replica.Self);
            if (configurations.Latest.IsVoter(self)) return true;
            var index = configurations.LatestIndex;
            return index > replica.CommitIndex && configurations.At(index.Previous).IsVoter(self);
        }
    }

    /// <summary>A life begins, as a follower of no leader.</summary>
    public void Begin() => Current = new Follower(replica, NodeId.None);

    public void Become(Role role)
    {
        Current.OnEnd();
        Current = role;
        replica.Quiescence.OnRoleChanged();
    }

    public void BecomeFollower(NodeId leader, bool isRetry = false) => Become(new Follower(replica, leader, isRetry));

    public void BecomeLeader()
    {
        LeaderSince = replica.Now;
        // It is the leader that the others are measured by.
        if (replica.Amnesia.IsPresent) NoteRemembers();
        var leader = new Leader(replica);
        Become(leader);
        leader.Begin();
        OnLeaderKnown(replica.Self);
    }

    /// <summary>Another replica is in a later term. [Raft §5.1]</summary>
    public void FollowTerm(Term term)
    {
        replica.HardState.Enter(term, NodeId.None);
        BecomeFollower(NodeId.None);
    }

    /// <summary>The sender says it leads <paramref name="term"/>.</summary>
    /// <returns>Null when that term is over.</returns>
    public Follower? FollowLeader(NodeId from, Term term)
    {
        if (replica.Rules.IsStale(term, replica.CurrentTerm)) return null;
        if (term > replica.CurrentTerm) FollowTerm(term);
        Invariant.Require(Current is not Leader, "a term has one leader [Raft §5.2]");
        if (Current is Candidate) BecomeFollower(NodeId.None);
        var follower = (Follower)Current;
        follower.OnLeader(from);
        return follower;
    }

    /// <summary>The election timeout has passed.</summary>
    public void Campaign()
    {
        if (!MayCampaign || !replica.Quarantine.MayCampaign)
        {
            if (Current is Follower learner) learner.PostponeCampaign();
            else BecomeFollower(NodeId.None);
        }
        else if (!replica.Contact.IsRecent)
        {
            if (replica.Rules.AsksPreVote) Candidate.BeginPreVote(replica);
            else Candidate.BeginElection(replica, transfer: false);
        }
    }

    /// <summary>The leader hands over to this replica. [Raft §3.10]</summary>
    public void HandleTimeoutNow(NodeId from)
    {
        if (Current is Follower target && target.LeaderId == from && replica.Configuration.IsVoter(replica.Self)
            && !replica.Amnesia.IsPresent && !replica.Quarantine.IsPresent) Candidate.BeginElection(replica, transfer: true);
    }

    public void OnLeaderKnown(NodeId leader)
    {
        replica.Contact.ElectionsBegun = 0;
        replica.AwaitedLeader.OnLeaderKnown(leader);
    }

    /// <summary>This replica has again all that it may have forgotten.</summary>
    public void NoteRemembers()
    {
        replica.Amnesia.OnRemembers();
        if (replica.Options.Durable) replica.Journal.SaveMark(RecordKind.Remembers, replica.Incarnation, 0, replica.Out);
    }
}
