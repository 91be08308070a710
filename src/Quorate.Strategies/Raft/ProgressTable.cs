using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>What the leader knows of each member, and what a quorum of them has reached.</summary>
internal sealed class ProgressTable(NodeId self, RaftRules rules, RaftJournal journal, ConfigurationHistory configurations)
{
    private readonly NodeId _self = self;
    private readonly RaftJournal _journal = journal;

    /// <summary>Everybody in the configuration, this replica too, by ascending id.</summary>
    public List<Progress> Members { get; } = [];

    /// <summary>The members but for this replica, apart because every turn walks over them.</summary>
    public List<Progress> Followers { get; } = [];

    /// <summary>The newest round that a quorum has answered.</summary>
    public long QuorumRound => Quorum.Reached(configurations.Latest, rules, new RoundValue(this));

    /// <summary>The newest moment at which a round was sent that a quorum has answered; long.MaxValue when this node is
    /// a quorum by itself, long.MinValue before the first answers.</summary>
    public long QuorumSentAt => Quorum.Reached(configurations.Latest, rules, new SentAtValue(this));

    /// <summary>What a quorum has durably. The leader's own log counts as far as it is durable: it is written while the
    /// followers are sent to. [Raft §10.2.1]</summary>
    public LogIndex QuorumIndex => new(Quorum.Reached(configurations.Latest, rules, new MatchValue(this)));

    public Progress? this[NodeId node]
    {
        get
        {
            foreach (var member in Members) if (member.Node == node) return member;
            return null;
        }
    }

    /// <summary>Has progress for the members of the newest configuration and no others.</summary>
    /// <param name="next">the first entry that new members are sent</param>
    /// <param name="now">their silence counts from here</param>
    public void FollowConfiguration(LogIndex next, StepTime now)
    {
        var configuration = configurations.Latest;
        foreach (var member in Members)
        {
            if (!configuration.Contains(member.Node)) member.EndTransfer();
        }

        Members.RemoveAll(m => !configuration.Contains(m.Node));
        foreach (var node in configuration.Members)
        {
            if (this[node] is null) Members.Add(new Progress(node, next, now));
        }

        Members.Sort((a, b) => a.Node.CompareTo(b.Node));
        Followers.Clear();
        Followers.AddRange(Members.Where(m => m.Node != _self));
    }

    /// <summary>A quorum has answered since this was asked last. [Raft §6.2]</summary>
    public bool TakeQuorumActive()
    {
        var result = Quorum.Count(configurations.Latest, rules, new ActiveVote(this));
        foreach (var member in Members) member.IsActive = false;
        return result == VoteResult.Won;
    }

    /// <summary>The voter, this replica aside, that has most of the log; null when there is none.</summary>
    public Progress? MostAdvancedVoter()
    {
        Progress? best = null;
        foreach (var member in Followers)
        {
            if (!configurations.Latest.IsVoter(member.Node)) continue;
            if (best is null || member.MatchIndex > best.MatchIndex) best = member;
        }

        return best;
    }

    public void CheckInvariants(LogIndex lastIndex, int maxInflight)
    {
        foreach (var member in Followers)
        {
            Invariant.Require(member.MatchIndex <= lastIndex, "a follower agrees with what the leader has");
            Invariant.Require(member.NextIndex <= lastIndex.Next, "NextIndex is at most one past the log");
            Invariant.Require(
                member.State != ProgressState.Replicate || member.MatchIndex < member.NextIndex, "MatchIndex < NextIndex");
            Invariant.Require(member.Inflight.Count <= maxInflight, "the window bounds what is in flight");
        }
    }

    private readonly struct MatchValue(ProgressTable table) : INodeValue
    {
        public long Of(NodeId node) =>
            node == table._self ? table._journal.DurableIndex.Value : table[node]?.MatchIndex.Value ?? 0;
    }

    private readonly struct SentAtValue(ProgressTable table) : INodeValue
    {
        public long Of(NodeId node) => node == table._self ? long.MaxValue : table[node]?.AckedSentAt ?? long.MinValue;
    }

    private readonly struct RoundValue(ProgressTable table) : INodeValue
    {
        public long Of(NodeId node) => node == table._self ? long.MaxValue : table[node]?.AckedRound ?? 0;
    }

    private readonly struct ActiveVote(ProgressTable table) : INodeVote
    {
        public int Of(NodeId node) => node == table._self || table[node] is { IsActive: true } ? 1 : -1;
    }
}
