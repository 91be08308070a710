using Quorate.Replication;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Faults;

/// <summary>Cuts the network along lines: halves, one way only, around a bridge, a node on its own; and lets some of them
/// flap.</summary>
internal sealed class PartitionNemesis(SimCluster cluster, Prng prng)
{
    public void Strike(FaultKind kind, SimNode victim, long duration)
    {
        cluster.World.Faults.Add(kind);
        var cuts = Choose(kind, victim);
        var holds = prng.Chance(400);
        var times = prng.Chance(200) ? 2 + prng.Below(5) : 1; // flapping
        Cut(cuts, holds, times, duration / times);
    }

    private void Cut(List<(NodeId From, NodeId To)> cuts, bool holds, int times, long duration)
    {
        foreach (var (from, to) in cuts) cluster.Network.Cut(from, to, holds);
        cluster.World.After(duration, () =>
        {
            foreach (var (from, to) in cuts) cluster.Network.Heal(from, to);
            if (times > 1 && !cluster.IsHealed)
                cluster.World.After(duration / 4 + 1, () =>
                {
                    if (!cluster.IsHealed) Cut(cuts, holds, times - 1, duration);
                });
        });
    }

    private List<(NodeId From, NodeId To)> Choose(FaultKind kind, SimNode victim)
    {
        var nodes = cluster.Nodes.Select(n => n.Id).OrderBy(_ => prng.NextUInt64()).ToList();
        var others = nodes.Where(n => n != victim.Id).ToList();
        switch (kind)
        {
            case FaultKind.Isolation:
                return Both([victim.Id], others);
            case FaultKind.OneWayPartition:
                // Heard by no node, or hearing none, or one direction of one link.
                return prng.Below(3) switch
                {
                    0 => Between([victim.Id], others),
                    1 => Between(others, [victim.Id]),
                    _ => Between([victim.Id], others[..1]),
                };
            case FaultKind.RegionCut:
                var region = cluster.RegionOf(victim.Id);
                return Both(
                    [.. nodes.Where(n => cluster.RegionOf(n) == region)], [.. nodes.Where(n => cluster.RegionOf(n) != region)]);
            case FaultKind.BridgePartition:
                // Everybody hears the bridge, the two sides do not hear each other.
                var half = (nodes.Count - 1) / 2;
                return Both(nodes[1..(1 + half)], nodes[(1 + half)..]);
            default:
                var size = 1 + prng.Below(nodes.Count - 1);
                return Both(nodes[..size], nodes[size..]);
        }
    }

    private static List<(NodeId, NodeId)> Between(List<NodeId> a, List<NodeId> b) => [.. from x in a from y in b select (x, y)];

    private static List<(NodeId, NodeId)> Both(List<NodeId> a, List<NodeId> b) => [.. Between(a, b), .. Between(b, a)];
}
