namespace Quorate.Replication.Ordered;

/// <summary>One piece of a snapshot on its way from a replica to another.</summary>
/// <param name="Index">the last entry that the snapshot holds</param>
/// <param name="Stamp">the term or epoch of that entry</param>
/// <param name="Number">which piece, 0-based</param>
/// <param name="Count">of how many</param>
/// <param name="Extra">the strategy's own words about the snapshot, the same with every piece</param>
/// <param name="Data">as an <see cref="ISnapshotSource"/> wrote it</param>
public readonly record struct Piece(
    LogIndex Index, long Stamp, int Number, int Count, ReadOnlyMemory<byte> Extra, ReadOnlyMemory<byte> Data);
