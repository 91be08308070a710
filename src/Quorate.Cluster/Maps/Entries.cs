using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Maps;

public enum NodeState : byte
{
    /// <summary>Known, not heard yet; holds nothing.</summary>
    Joining,

    Up,

    /// <summary>Its replicas are being moved away; it gets no new ones.</summary>
    Draining,

    /// <summary>Holds nothing and may not come back under this id.</summary>
    Removed,
}

/// <summary>A node as the cluster knows it. Its id is its identity; addresses and name may change.</summary>
public sealed record NodeEntry(
    NodeId Id, string Name, string PeerAddress, string ClientAddress, string HttpAddress, NodeLabels Labels, NodeState State);

/// <summary>A named set of keys with one policy.</summary>
/// <param name="Id">1 and up, never used again.</param>
/// <param name="Database">The database number that selects it, or −1.</param>
/// <param name="Policy">What was asked for; its groups adopt it with their next epoch.</param>
/// <param name="Groups">The groups that hold its keys, in the order of their slots: each an equal share of the slots, one after
/// another. The numbered databases share one group from the start.</param>
public sealed record KeyspaceEntry(int Id, string Name, int Database, Policy Policy, IReadOnlyList<GroupId> Groups)
{
    /// <summary>The group that holds the keys of a slot, 0 to 16383.</summary>
    public GroupId GroupOf(int slot) => Groups[PlaceOf(slot)];

    /// <summary>How many slots the group at a place among <see cref="Groups"/> holds.</summary>
    public int SlotsOf(int place) => FirstSlotOf(place + 1) - FirstSlotOf(place);

    /// <summary>The place of that group among <see cref="Groups"/>.</summary>
    internal int PlaceOf(int slot) => slot * Groups.Count / KeySlot.Count;

    private int FirstSlotOf(int place) => ((place * KeySlot.Count) + Groups.Count - 1) / Groups.Count;

    public bool Equals(KeyspaceEntry? other) =>
        other is not null
            && Id == other.Id && Name == other.Name && Database == other.Database && Policy == other.Policy
            && Groups.SequenceEqual(other.Groups);

    public override int GetHashCode() => Id;
}

/// <summary>
/// A group and what a fail-over must know about it. Replicas that acknowledged writes under earlier configurations stay
/// counted until every such write is held by the rule that is in force now (the group is settled).
/// </summary>
/// <param name="Keyspace">The keyspace whose policy the group adopts; 0 for the control group.</param>
/// <param name="Policy">The policy in force since the configuration's epoch.</param>
/// <param name="Configuration">For raft: the voters wished for as <see cref="GroupConfiguration.InSync"/>, no leader, and the
/// group's own consensus makes it so.</param>
/// <param name="Complete">With ack sync: replicas each of which certainly holds every acknowledged write; empty when nobody
/// knows. While fewer are in sync than the policy insists on nothing is acknowledged, so the set before stays complete.</param>
/// <param name="Counted">Every acknowledged write is held by <paramref name="FewestHolders"/> or more of these.</param>
/// <param name="FewestHolders">0: nothing is promised (ack async).</param>
public sealed record GroupEntry(
    GroupId Id, int Keyspace, Policy Policy, GroupConfiguration Configuration,
    IReadOnlyList<NodeId> Complete, IReadOnlyList<NodeId> Counted, int FewestHolders)
{
    public Epoch Epoch => Configuration.Epoch;

    /// <summary>Configured by the control plane, not by its own elections.</summary>
    public bool IsConfigured => Policy.Strategy.Leadership != Leadership.Elected;

    /// <summary>Nobody leads it, so nothing is ever sealed, granted or handed over; who is a member is all there is to
    /// decide.</summary>
    public bool IsMerging => Policy.IsMerging;

    /// <summary>The replicas are only asked what they hold; there is no leader.</summary>
    public bool IsSealed => IsConfigured && !IsMerging && Configuration.Leader.IsNone;

    public bool Equals(GroupEntry? other) =>
        other is not null
            && Id == other.Id && Keyspace == other.Keyspace && Policy == other.Policy && Configuration.Equals(other.Configuration)
        && Complete.SequenceEqual(other.Complete) && Counted.SequenceEqual(other.Counted) && FewestHolders == other.FewestHolders;

    public override int GetHashCode() => Id.Value;

    /// <summary>True while a node outside of the members may be needed by a fail-over, or is a member: keep its disk.</summary>
    public bool Needs(NodeId node) => Configuration.Contains(node) || Complete.Contains(node) || Counted.Contains(node);
}
