namespace Quorate.Replication.Ordered;

/// <summary>An entry of the log that has become part of the state; a view, valid during the call that hands it over.</summary>
/// <param name="index">its place in the log, 1 and up; each entry has the index after the one before</param>
/// <param name="stamp">the term or epoch in which it was made; never falls along the log</param>
/// <param name="kind">what the entry is for</param>
/// <param name="payload">the state machine's bytes, or those of the strategy where the kind says so</param>
public readonly ref struct AppliedEntry(LogIndex index, long stamp, EntryKind kind, ReadOnlySpan<byte> payload)
{
    public LogIndex Index { get; } = index;

    public long Stamp { get; } = stamp;

    public EntryKind Kind { get; } = kind;

    public ReadOnlySpan<byte> Payload { get; } = payload;
}
