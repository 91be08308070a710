using Quorate.Replication;

namespace Quorate.Server.Peers;

/// <summary>
/// The distance between regions for a cluster that runs in one process: what a node sends to another region is on its way for
/// half a round trip, in order, and is lost while either region is cut off. For demonstrations and tests; nodes in processes of
/// their own know nothing of it. Any thread.
/// </summary>
/// <param name="regionOf">The region of every node.</param>
/// <param name="roundTrip">Between any two regions.</param>
public sealed class RegionNetwork(IReadOnlyDictionary<NodeId, string> regionOf, TimeSpan roundTrip)
{
    private readonly HashSet<string> _cut = [];

    /// <summary>In alphabetical order.</summary>
    public IReadOnlyList<string> Regions { get; } = [.. regionOf.Values.Distinct().Order(StringComparer.Ordinal)];

    /// <summary>From one region to another.</summary>
    public TimeSpan OneWay { get; } = roundTrip / 2;

    /// <summary>Nothing passes between this region and the others any more, or again. False: there is no such region.</summary>
    public bool TryCut(string region, bool isCut)
    {
        if (!Regions.Contains(region)) return false;
        lock (_cut)
        {
            if (isCut) _cut.Add(region);
            else _cut.Remove(region);
        }

        return true;
    }

    internal bool IsFar(NodeId from, NodeId to) =>
        regionOf.TryGetValue(from, out var here) && regionOf.TryGetValue(to, out var there) && here != there;

    internal bool IsCut(NodeId from, NodeId to)
    {
        if (!IsFar(from, to)) return false;
        lock (_cut) return _cut.Contains(regionOf[from]) || _cut.Contains(regionOf[to]);
    }
}
