namespace Quorate.Replication.Ordered;

/// <summary>One entry where it lies in a <see cref="FrameLog{TStamp}"/>. Valid until that log changes.</summary>
/// <typeparam name="TStamp">Of the log.</typeparam>
public readonly ref struct EntryView<TStamp>(TStamp stamp, EntryKind kind, ReadOnlySpan<byte> payload)
    where TStamp : struct, IStamp<TStamp>
{
    /// <summary>The term or epoch of the leader that made the entry.</summary>
    public TStamp Stamp { get; } = stamp;

    /// <summary>What the payload is.</summary>
    public EntryKind Kind { get; } = kind;

    /// <summary>Points into the log.</summary>
    public ReadOnlySpan<byte> Payload { get; } = payload;
}
