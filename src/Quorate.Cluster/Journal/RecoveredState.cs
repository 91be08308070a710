namespace Quorate.Cluster.Journal;

/// <summary>What recovery hands to the journal that goes on from there.</summary>
internal sealed class RecoveredState
{
    public required ulong Salt { get; init; }

    /// <summary>The last frame's point; 0: there is none.</summary>
    public long Last { get; set; }

    public long Attested { get; set; }

    /// <summary>The segment that is being filled; 0: none.</summary>
    public long Segment { get; set; }

    public long SegmentLength { get; set; }

    /// <summary>Where the next frame goes.</summary>
    public long Offset { get; set; }

    public List<LiveSegment> Live { get; } = [];

    public SortedDictionary<int, long> Released { get; } = [];

    public List<(string Name, long Length)> Free { get; } = [];
}
