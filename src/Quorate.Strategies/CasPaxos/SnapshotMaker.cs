using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// Writes all registers to a snapshot, a piece a turn, while they go on changing: registers do not depend on each other, and
/// whatever changes after the beginning is in the journal after it. The journal before the beginning is given up when the
/// snapshot is durable.
/// </summary>
internal sealed class SnapshotMaker(CasPaxosReplica replica)
{
    private readonly ArrayBufferWriter<byte> _piece = new();
    private ISnapshotWriter? _writer;
    private PersistPoint _begun;
    private int _slot;
    private int _slotsAtBegin;
    private long _bytes;
    private bool _sealing;

    /// <summary>The number of the newest sealed snapshot; 0 when there is none.</summary>
    public long SealedNumber { get; private set; }

    public long SealedBytes { get; private set; }

    /// <summary>A sealed snapshot is there that cannot be read.</summary>
    public bool IsDamaged { get; private set; }

    public void BeginIfDue()
    {
        var threshold = Math.Max(replica.Options.SnapshotThresholdBytes, 2 * SealedBytes);
        if (_writer is null && replica.Journal.BytesSinceSnapshot > threshold) Begin();
    }

    /// <summary>Writes a piece if the writer can take one.</summary>
    public void Work()
    {
        if (_writer is null || _sealing || !_writer.IsReady) return;
        _piece.ResetWrittenCount();
        var store = replica.Acceptor.Store;
        // Registers in later slots were made after the beginning: they are in the journal.
        for (; _slot < _slotsAtBegin && _piece.WrittenCount < replica.Options.SnapshotPieceBytes; _slot++)
            if (store.SlotAt(_slot) is { Promise.IsNone: false } register) RegisterRecord.WriteWhole(_piece, register);
        var isLast = _slot == _slotsAtBegin;
        // At the end: a register that was removed meanwhile may be in no piece, and the record of its removal not durable yet.
        if (isLast) RegisterRecord.WriteFloor(_piece, store.Floor);
        if (_piece.WrittenCount > 0 || (isLast && _bytes == 0)) _writer.Append(_piece.WrittenSpan);
        _bytes += _piece.WrittenCount;
        if (!isLast) return;
        _sealing = true;
        _writer.Seal();
    }

    public void OnSealed(LogIndex index, bool saved)
    {
        if (!_sealing || index.Value != SealedNumber + 1) return;
        _writer!.Dispose();
        _writer = null;
        _sealing = false;
        if (!saved) return;
        SealedNumber++;
        SealedBytes = _bytes;
        replica.Journal.MarkSnapshot(SealedNumber, _begun, replica.Out);
    }

    /// <summary>Before the journal is read back.</summary>
    public void Restore()
    {
        using var reader = replica.Snapshots.OpenNewest();
        if (reader is null) return;
        SealedNumber = reader.Header.Index.Value;
        for (var i = 0; i < reader.PieceCount; i++)
        {
            if (!reader.TryRead(i, out var piece) || !RegisterRecord.AreWellFormed(piece.Span))
            {
                IsDamaged = true;
                return;
            }

            RegisterRecord.Replay(piece.Span, replica.Acceptor.Store);
            SealedBytes += piece.Length;
        }
    }

    private void Begin()
    {
        replica.Journal.Save(replica.Out);
        // Whatever is in the journal from here on stays; the configuration must be among it.
        _begun = replica.Accepted.SaveAgain(replica.Out);
        replica.Journal.BytesSinceSnapshot = 0;
        _slot = 0;
        _slotsAtBegin = replica.Acceptor.Store.SlotCount;
        _bytes = 0;
        _writer = replica.Snapshots.Create(new SnapshotHeader(new LogIndex(SealedNumber + 1), default, default));
    }
}
