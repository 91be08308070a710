namespace Quorate.Data;

/// <summary>Counters of this node since it started; no part of the replicated state.</summary>
public sealed class KeyspaceStatistics
{
    /// <summary>Keys deleted because their time was up.</summary>
    public long Expired { get; internal set; }

    /// <summary>Lookups by reading commands that found a key.</summary>
    public long Hits { get; internal set; }

    /// <summary>Lookups by reading commands that found none.</summary>
    public long Misses { get; internal set; }

    /// <summary>Commands of the log executed, duplicates of session commands not among them.</summary>
    public long Executed { get; internal set; }

    /// <summary>Session commands not executed, because they had been before.</summary>
    public long Duplicates { get; internal set; }
}
