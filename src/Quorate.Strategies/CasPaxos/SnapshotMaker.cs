using Quorate.Replication;
using Quorate.Replication.Snapshots;

namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// Writes all registers to a snapshot, a piece a turn, while they go on changing: registers do not depend on each other, and
/// whatever changes after the beginning is in the journal after it. The journal before the beginning is given up when the
/// snapshot is durable.
/// </summary>
internal sealed class SnapshotMaker(CasPaxosReplica replica)
{
    private PersistPoint _begun;
    private int _slot;
    private int _slotsAtBegin;

    public NumberedSnapshots Snapshots { get; } = new();

    /// <summary>A sealed snapshot is there that cannot be read.</summary>
    public bool IsDamaged { get; private set; }

    public void BeginIfDue()
    {
        if (Snapshots.IsDue(replica.Journal.BytesSinceSnapshot, replica.Options.SnapshotThresholdBytes)) Begin();
    }

    /// <summary>Writes a piece if the storage can take one.</summary>
    public void Work()
    {
        if (!Snapshots.IsReady) return;
        var store = replica.Acceptor.Store;
        var piece = Snapshots.Piece;
        // Registers in later slots were made after the beginning: they are in the journal.
        for (; _slot < _slotsAtBegin && piece.WrittenCount < replica.Options.SnapshotPieceBytes; _slot++)
            if (store.SlotAt(_slot) is { Promise.IsNone: false } register) RegisterRecord.WriteWhole(piece, register);
        var isLast = _slot == _slotsAtBegin;
        // At the end: a register that was removed meanwhile may be in no piece, and the record of its removal not durable yet.
        if (isLast) RegisterRecord.WriteFloor(piece, store.Floor);
        if (piece.WrittenCount > 0 || (isLast && Snapshots.IsEmpty)) Snapshots.Append();
        if (isLast) Snapshots.Seal();
    }

    public void OnSealed(LogIndex index, bool saved)
    {
        if (Snapshots.TryEnd(index, saved)) replica.Journal.MarkSnapshot(Snapshots.SealedNumber, _begun, replica.Out);
    }

    /// <summary>Before the journal is read back.</summary>
    public void Restore()
    {
        using var reader = replica.Snapshots.OpenNewest();
        if (reader is null) return;
        Snapshots.NoteSealed(reader.Header.Index.Value, 0);
        var bytes = 0L;
        for (var i = 0; i < reader.PieceCount; i++)
        {
            if (!reader.TryRead(i, out var piece) || !RegisterRecord.AreWellFormed(piece.Span))
            {
                IsDamaged = true;
                return;
            }

            RegisterRecord.Replay(piece.Span, replica.Acceptor.Store);
            bytes += piece.Length;
        }

        Snapshots.NoteSealed(reader.Header.Index.Value, bytes);
    }

    private void Begin()
    {
        replica.Journal.Save(replica.Out);
        // Whatever is in the journal from here on stays; the configuration must be among it.
        _begun = replica.Accepted.SaveAgain(replica.Out);
        replica.Journal.BytesSinceSnapshot = 0;
        _slot = 0;
        _slotsAtBegin = replica.Acceptor.Store.SlotCount;
        Snapshots.Begin(replica.Snapshots, default);
    }
}
