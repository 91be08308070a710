using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>What a group is going through, for status pages.</summary>
/// <param name="Since">Nanoseconds of the control leader's clock.</param>
public readonly record struct GroupPhase(GroupId Group, string Phase, long Since, string Reason);

/// <summary>What the control leader remembers of one group between ticks. All of it may be forgotten safely, except that
/// with it goes the book of leases, which is why a new control leader waits.</summary>
internal sealed class GroupWatch(GroupId group)
{
    /// <summary>An entry of this group proposed and not seen applied; while there is one, no lease of the group is granted,
    /// so that what was true of the leases when it was proposed is true when it is applied.</summary>
    public ControlCommand? Pending { get; private set; }

    /// <summary>Something waits to be done about the group.</summary>
    public bool IsUnderWay => Pending is not null || !Heir.IsNone;

    public bool IsPendingIn(Epoch epoch) => Pending is not null && PendingAt == epoch;

    public Epoch PendingAt { get; private set; }

    public long ProposedAt { get; private set; }

    /// <summary>Replicas that are to lose their part: their leases are not renewed.</summary>
    public HashSet<NodeId> Withheld { get; } = [];

    /// <summary>Replicas that left the group because their state was wrong: how often, and when the last time.</summary>
    public Dictionary<NodeId, (int Times, long At)> SetAside { get; } = [];

    /// <summary>Who is to lead instead, by an operator's word or because the leader should not; none otherwise.</summary>
    public NodeId Heir { get; set; }

    public long HeirSince { get; set; }

    public bool IsOperatorsWish { get; set; }

    /// <summary>How long the operator's wish is waited for, in nanoseconds, and whether the leader is deposed then.</summary>
    public long HeirPatience { get; set; }

    public bool IsHeirForced { get; set; }

    /// <summary>First seen sealed at, in this epoch; 0 when it is not.</summary>
    public long SealedSince { get; set; }

    public Epoch SealedAt { get; set; }

    /// <summary>The last leader and what it last said, to tell what an async fail-over may lose.</summary>
    public NodeId LastLeader { get; set; }

    public ReplicaReport LastLeaderReport { get; set; }

    /// <summary>What the leader held when it was first heard in its epoch: when enough others hold that too, the group is
    /// settled.</summary>
    public (Epoch Epoch, Epoch LastEpoch, LogIndex LastIndex)? SettleMark { get; set; }

    public long SettleProposedAt { get; set; } = long.MinValue / 2;

    public GroupPhase Status { get; private set; } = new(group, "steady", 0, "");

    public void Say(string phase, string reason, long now)
    {
        if (Status.Phase != phase) Status = new GroupPhase(group, phase, now, reason);
        else if (Status.Reason != reason) Status = Status with { Reason = reason };
    }

    public void Propose(ControlCommand command, Epoch at, long now) => (Pending, PendingAt, ProposedAt) = (command, at, now);

    public void ProposedAgain(long now) => ProposedAt = now;

    public void Clear() => Pending = null;
}
