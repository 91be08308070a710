using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Crdt;

namespace Quorate.Data.Merging;

/// <summary>
/// An application's rule for concurrent strings. It must be a function of its arguments alone: every replica asks it, at
/// different times, and all must be told the same.
/// </summary>
public interface IMergeRule
{
    /// <summary>Makes one value of two or more, which come in an order that is the same everywhere. False: it cannot; the
    /// values stay siblings. Whatever stops a rule (time, memory) must stop it on every replica.</summary>
    bool TryMerge(ReadOnlySpan<byte> key, ReadOnlySpan<Sibling> siblings, IBufferWriter<byte> value);
}

/// <summary>How a store of a merging keyspace behaves; the same on all replicas.</summary>
public sealed record MergingStoreOptions
{
    public ConflictRule Conflicts { get; init; } = ConflictRule.Crdt;

    /// <summary>The rule of <see cref="ConflictRule.Merge"/>, null otherwise.</summary>
    public IMergeRule? MergeRule { get; init; }

    /// <summary>A SET that would leave more siblings than this is refused, 2 and up.</summary>
    public int MostSiblings { get; init; } = 32;

    /// <summary>Overwritten concurrent values that are kept, 0 and up, and the bytes they may take together.</summary>
    public int MostLosses { get; init; } = 10_000;

    public long MostLossBytes { get; init; } = 16 << 20;

    /// <summary>How long they are kept, in milliseconds.</summary>
    public long LossesKeptMilliseconds { get; init; } = 24L * 60 * 60 * 1000;

    /// <summary>Deadlines are this much past before a key is removed for good, so that replicas whose clocks are behind agree
    /// that it is expired; and twice as much on replicas that did not set the deadline.</summary>
    public long ExpiryGraceMilliseconds { get; init; } = 60_000;

    /// <summary>Not contiguous runs of updates that one key, or the store, may have; then a delta is refused until the whole
    /// state has been merged.</summary>
    public int MostRuns { get; init; } = 1024;

    /// <summary>Rules for canaries to break; everybody else leaves them alone.</summary>
    public MergeRules Rules { get; init; } = MergeRules.Papers;

    /// <summary>Null when the options make sense together; else what is wrong with them.</summary>
    public string? Refusal =>
        Conflicts == ConflictRule.Merge != MergeRule is not null ? "conflicts 'merge' and a merge rule go together"
        : MostSiblings < 2 ? "fewer than two siblings are no siblings"
        : MostLosses < 0 || MostLossBytes < 0 || LossesKeptMilliseconds < 0 ? "the loss log cannot be smaller than empty"
        : ExpiryGraceMilliseconds < 0 ? "grace is not negative"
        : MostRuns < 16 ? "with fewer than 16 runs every lost message would need a whole state"
        : null;
}
