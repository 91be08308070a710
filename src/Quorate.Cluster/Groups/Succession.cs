using Quorate.Cluster.Forwarding;
using Quorate.Cluster.Merging;
using Quorate.Replication;

namespace Quorate.Cluster.Groups;

/// <summary>What one object that stands for a group on this node hands to the one that takes its place: all that was forwarded
/// and has no answer. A group's kind does not change, so what does not fit was made before the group's policy was known, and is
/// empty.</summary>
internal static class Succession
{
    public static OrderedOutgoing ToOrdered(Group? before, IGroupsNode node) =>
        before?.Outgoing as OrderedOutgoing ?? new OrderedOutgoing(node, node.Peers);

    public static MergingOutgoing ToMerging(Group? before, Policy policy, IGroupsNode node)
    {
        if (before?.Outgoing is not MergingOutgoing outgoing) return new MergingOutgoing(policy, node);
        outgoing.Policy = policy;
        return outgoing;
    }
}
