namespace Quorate.Cluster.Journal;

/// <summary>A segment that has frames, as the appending side knows it: which groups have records in it.</summary>
internal sealed class LiveSegment(long number, long first, long length)
{
    // In order of first appearance: loops over it reach the files, so no hash table's order may.
    private readonly List<GroupShare> _shares = [];
    private readonly Dictionary<int, GroupShare> _byGroup = [];
    private GroupShare? _latest;

    public long Number { get; } = number;

    public long First { get; } = first;

    /// <summary>Point of the last frame so far.</summary>
    public long Last { get; set; } = first;

    public long Length { get; } = length;

    public IReadOnlyList<GroupShare> Shares => _shares;

    public void Track(int group, long point)
    {
        // Records of one group come in runs: the look-up is the exception.
        if (_latest is null || _latest.Group != group) _latest = ShareOf(group, point);
        _latest.Last = point;
        Last = point;
    }

    public bool IsReleased(IReadOnlyDictionary<int, long> released)
    {
        foreach (var share in _shares)
        {
            if (!released.TryGetValue(share.Group, out var point) || share.Last >= point) return false;
        }

        return true;
    }

    private GroupShare ShareOf(int group, long point)
    {
        if (_byGroup.TryGetValue(group, out var share)) return share;
        share = new GroupShare(group) { Last = point };
        _byGroup.Add(group, share);
        _shares.Add(share);
        return share;
    }

    /// <summary>A group's last record in the segment.</summary>
    internal sealed class GroupShare(int group)
    {
        public int Group { get; } = group;

        public long Last { get; set; }
    }
}
