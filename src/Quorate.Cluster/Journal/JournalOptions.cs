namespace Quorate.Cluster.Journal;

/// <summary>How a node's journal is laid out.</summary>
public sealed record JournalOptions
{
    public const int SmallestSegment = 2 * JournalFormat.HeaderLength;

    /// <summary>Length of a segment file in bytes: a multiple of 4096, at least 8 KiB. A record that does not fit gets a
    /// segment of its own length. May differ from one start to the next.</summary>
    public int SegmentLength { get; init; } = 64 << 20;

    /// <summary>How many segments that no group needs are kept to be used again, so that a busy journal does not fill new
    /// ones with zeros all the time. 0 and up.</summary>
    public int SpareSegments { get; init; } = 4;

    /// <summary>
    /// A number that clients cannot know; it goes into every checksum. Recovery looks for records behind a damaged
    /// place, and a value that a client made up must not pass for one. Counts when the journal is created; later the one
    /// in the segment headers does. The shell draws it, the simulator derives it from its seed.
    /// </summary>
    public ulong Salt { get; init; }

    /// <summary>The journal's rules; only the simulator's canaries replace them.</summary>
    public JournalRules Rules { get; init; } = new();
}
