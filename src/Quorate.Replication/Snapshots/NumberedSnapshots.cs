using System.Buffers;

namespace Quorate.Replication.Snapshots;

/// <summary>
/// The snapshots of a replica that keeps no order: they have numbers, 1 and up, in place of an index. One at a time is written,
/// piece by piece between other steps, while the state goes on changing; what the pieces say is the strategy's affair. One
/// caller at a time.
/// </summary>
public sealed class NumberedSnapshots
{
    private ISnapshotWriter? _writer;
    private long _bytes;
    private bool _isSealing;

    /// <summary>The newest sealed snapshot; 0 when there is none.</summary>
    public long SealedNumber { get; private set; }

    /// <summary>Bytes of its pieces.</summary>
    public long SealedBytes { get; private set; }

    /// <summary>The next piece is written here, and then <see cref="Append"/> takes it.</summary>
    public ArrayBufferWriter<byte> Piece { get; } = new();

    /// <summary>One is being written, or sealed.</summary>
    public bool IsBusy => _writer is not null;

    /// <summary>One is being written, not all of it is there, and the storage takes another piece.</summary>
    public bool IsReady => _writer is { IsReady: true } && !_isSealing;

    /// <summary>One is being written, and not all of it is there.</summary>
    public bool IsOpen => _writer is not null && !_isSealing;

    /// <summary>No piece has been written yet.</summary>
    public bool IsEmpty => _bytes == 0;

    /// <summary>None is being written, and enough was journaled since the last: more than
    /// <paramref name="thresholdBytes"/>, and than twice the last one's size.</summary>
    public bool IsDue(long bytesSince, long thresholdBytes) =>
        _writer is null && bytesSince > Math.Max(thresholdBytes, 2 * SealedBytes);

    /// <summary>This snapshot is there; the next one has the next number.</summary>
    public void NoteSealed(long number, long bytes) => (SealedNumber, SealedBytes) = (number, bytes);

    /// <summary>Begins the next one.</summary>
    /// <param name="storage">of the group on this node</param>
    /// <param name="extra">the strategy's own words about it</param>
    public void Begin(ISnapshots storage, ReadOnlyMemory<byte> extra)
    {
        Invariant.Require(_writer is null, "one snapshot at a time");
        _writer = storage.Create(new SnapshotHeader(new LogIndex(SealedNumber + 1), default, extra));
        _bytes = 0;
        Piece.ResetWrittenCount();
    }

    /// <summary>What <see cref="Piece"/> holds, maybe nothing, is the next piece.</summary>
    public void Append()
    {
        _writer!.Append(Piece.WrittenSpan);
        _bytes += Piece.WrittenCount;
        Piece.ResetWrittenCount();
    }

    /// <summary>There are no more pieces.</summary>
    public void Seal()
    {
        _isSealing = true;
        _writer!.Seal();
    }

    /// <summary>The storage says of a snapshot that it is durable or could not be written.</summary>
    /// <returns>True: it is the one that was being sealed, it is durable, and it is the newest now.</returns>
    public bool TryEnd(LogIndex number, bool saved)
    {
        if (!_isSealing || number.Value != SealedNumber + 1) return false;
        _writer!.Dispose();
        (_writer, _isSealing) = (null, false);
        if (saved) NoteSealed(number.Value, _bytes);
        return saved;
    }
}
