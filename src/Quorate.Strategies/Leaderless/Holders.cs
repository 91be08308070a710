using System.Numerics;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>
/// The holders of one partition. Immutable. While it moves there are several sets of holders, and whatever is counted must be
/// enough in each of them; a set of nodes is a mask over <see cref="All"/>.
/// </summary>
internal sealed class Holders
{
    /// <param name="sets">Oldest first; the last are the holders to be.</param>
    /// <param name="preference">All members, in the order of the partition's preference list.</param>
    public Holders(IReadOnlyList<NodeId[]> sets, NodeId[] preference)
    {
        Sets = sets;
        Preference = preference;
        All = [.. sets.SelectMany(s => s).Distinct().Order()];
        Invariant.Require(All.Length <= 64, "the holders of a partition fit into a mask");
        Masks = [.. sets.Select(MaskOf)];
    }

    public IReadOnlyList<NodeId[]> Sets { get; }

    public NodeId[] Newest => Sets[^1];

    public NodeId[] Preference { get; }

    /// <summary>The holders of all sets, in order.</summary>
    public NodeId[] All { get; }

    public ulong[] Masks { get; }

    public bool IsMoving => Sets.Count > 1;

    public int IndexOf(NodeId node) => Array.IndexOf(All, node);

    public bool Contains(NodeId node) => IndexOf(node) >= 0;

    /// <summary>0 for a node that is none of them.</summary>
    public ulong BitOf(NodeId node) => IndexOf(node) is var i and >= 0 ? 1UL << i : 0;

    /// <summary>While the partition moves: one of its holders to be, and none of those before.</summary>
    public bool IsNewcomer(NodeId node)
    {
        var bit = BitOf(node);
        for (var i = 0; i < Masks.Length - 1; i++) if ((Masks[i] & bit) != 0) return false;
        return IsMoving && bit != 0;
    }

    /// <summary>At least <paramref name="quorum"/> nodes in each set.</summary>
    public bool HasQuorum(ulong nodes, int quorum)
    {
        foreach (var set in Masks) if (BitOperations.PopCount(nodes & set) < quorum) return false;
        return true;
    }

    /// <summary>The same nodes in another mask; those that are no holders there are left out.</summary>
    public ulong Translate(ulong nodes, Holders to)
    {
        var translated = 0UL;
        for (var i = 0; i < All.Length; i++) if ((nodes >> i & 1) != 0) translated |= to.BitOf(All[i]);
        return translated;
    }

    private ulong MaskOf(NodeId[] set)
    {
        var mask = 0UL;
        foreach (var node in set) mask |= BitOf(node);
        return mask;
    }
}
