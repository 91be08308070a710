using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>Puts a replica together again: the newest snapshot, then the journal's records in the order they were written. What
/// is in both does no harm twice.</summary>
internal sealed class Recovery(LeaderlessReplica replica)
{
    /// <summary>The newest snapshot cannot be read.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>The last life journaled all its data.</summary>
    public bool WasJournaled { get; private set; }

    public void LoadSnapshot()
    {
        using var snapshot = replica.Snapshots.OpenNewest();
        if (snapshot is null) return;
        var bytes = 0L;
        var place = new PackedReader(snapshot.Header.Extra.Span);
        IsDamaged = !TryPlace(ref place);
        for (var i = 0; i < snapshot.PieceCount && !IsDamaged; i++)
        {
            IsDamaged = !snapshot.TryRead(i, out var piece) || !TryRecord(piece.Span);
            bytes += piece.Length;
        }

        replica.SnapshotMaker.Snapshots.NoteSealed(snapshot.Header.Index.Value, bytes);
    }

    public bool TryAccept(ReadOnlySpan<byte> record, PersistPoint point)
    {
        if (IsDamaged || !TryRecord(record)) return false;
        replica.Journal.NoteRecovered(point, record.Length);
        return true;
    }

    private bool TryRecord(ReadOnlySpan<byte> record)
    {
        var reader = new PackedReader(record);
        if (!reader.TryByte(out var kind)) return false;
        switch ((RecordKind)kind)
        {
            case RecordKind.Place:
                return TryPlace(ref reader);
            case RecordKind.Merged:
                while (!reader.IsAtEnd)
                {
                    if (!reader.TryNumber(out var index)
                        || index >= (ulong)replica.Partitions.Length || !reader.TryBytes(out var bytes))
                        return false;
                    if (!Known((int)index).Machine.TryRecover(bytes)) return false;
                }

                return true;
            case RecordKind.Hints:
                while (!reader.IsAtEnd)
                {
                    if (!Hint.TryDecode(ref reader, replica.Partitions.Length, out var hint)) return false;
                    replica.Hints.Add(hint);
                }

                return true;
            case RecordKind.HintsGone:
                while (!reader.IsAtEnd)
                {
                    if (!reader.TryNatural(out var id)) return false;
                    replica.Hints.Remove(id);
                }

                return true;
            default:
                return false;
        }
    }

    private bool TryPlace(ref PackedReader reader)
    {
        if (!reader.TryByte(out var journaled) || journaled > 1 || !replica.Placement.TryDecode(ref reader)) return false;
        if (!reader.TryCount(1, out var count) || count != replica.Partitions.Length) return false;
        WasJournaled = journaled == 1;
        for (var p = 0; p < count; p++)
        {
            if (!reader.TryByte(out var flags) || flags > 15) return false;
            if ((flags & 1) == 0)
            {
                // Given away: what earlier records said of it is void.
                replica.Partitions[p] = null;
                continue;
            }

            var partition = Known(p);
            partition.IsComplete = WasJournaled && (flags & 2) != 0;
            partition.IsNew = WasJournaled && (flags & 8) != 0;
            partition.Birth = [];
            if ((flags & 4) == 0) continue;
            if (!reader.TryBytes(out var birth) || !partition.Machine.TryRecover(birth)) return false;
            partition.Birth = birth.ToArray();
        }

        return reader.IsAtEnd;
    }

    private Partition Known(int index) => replica.Membership.Hold(index);
}
