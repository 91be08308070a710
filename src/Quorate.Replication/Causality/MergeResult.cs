namespace Quorate.Replication.Causality;

public enum MergeKind : byte
{
    /// <summary>It is part of the state now.</summary>
    Merged,

    /// <summary>All of it was part of the state before.</summary>
    Known,

    /// <summary>The bytes are no delta and no state. Nothing was changed.</summary>
    Malformed,

    /// <summary>Stamped too far in the future: the sender's clock is wrong. Nothing was changed; it can be sent again when time
    /// has caught up.</summary>
    TooFarAhead,

    /// <summary>Too much was lost before it. Nothing was changed; merge the sender's states of the keys, then adopt its
    /// summary.</summary>
    NeedsState,
}

/// <summary>What became of bytes from another replica.</summary>
/// <param name="Conflicts">Values that are now concurrent with others, which they were not before.</param>
public readonly record struct MergeResult(MergeKind Kind, int Conflicts = 0);
