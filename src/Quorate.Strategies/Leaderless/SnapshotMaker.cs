using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Snapshots;

namespace Quorate.Strategies.Leaderless;

/// <summary>
/// Makes this replica's snapshots, a piece a turn: all partitions held, and the hints. The states are read while updates go on;
/// what changes after the beginning is in the journal, which is kept from there on. Of each partition the summary of the
/// beginning comes last, behind the states that it speaks of.
/// </summary>
internal sealed class SnapshotMaker(LeaderlessReplica replica)
{
    private readonly ArrayBufferWriter<byte> _states = new();
    private PersistPoint _begunAt;
    private int _partition;
    private ulong _from;
    private byte[]? _summary;

    public NumberedSnapshots Snapshots { get; } = new();

    public void BeginIfDue()
    {
        if (Snapshots.IsDue(replica.Journal.BytesSinceSnapshot, replica.Options.SnapshotThresholdBytes)) Begin();
    }

    public void Begin()
    {
        if (Snapshots.IsBusy) return;
        // Nothing of this turn is in the journal yet: all that is in memory and not in the records up to here comes behind them.
        _begunAt = replica.Journal.Last;
        replica.Journal.BytesSinceSnapshot = 0;
        var place = new ArrayBufferWriter<byte>();
        replica.Journal.WritePlace(place);
        Snapshots.Begin(replica.Snapshots, place.WrittenMemory);
        (_partition, _from, _summary) = (0, 0, null);
        foreach (var hint in replica.Hints.All)
        {
            Packing.WriteByte(Snapshots.Piece, (byte)RecordKind.Hints);
            hint.Encode(Snapshots.Piece);
            Snapshots.Append();
        }
    }

    /// <summary>Writes a piece if the storage can take one.</summary>
    public void Work()
    {
        if (!Snapshots.IsReady) return;
        while (_partition < replica.Partitions.Length && replica.Partitions[_partition] is not { IsHeld: true }) _partition++;
        if (_partition == replica.Partitions.Length)
        {
            Snapshots.Seal();
            return;
        }

        var partition = replica.Partitions[_partition]!;
        var piece = Snapshots.Piece;
        _summary ??= partition.Summary().ToArray();
        _states.ResetWrittenCount();
        var hasMore = partition.Machine.WriteStates(ref _from, replica.Options.SnapshotPieceBytes, _states);
        Packing.WriteByte(piece, (byte)RecordKind.Merged);
        Packing.WriteNumber(piece, (ulong)_partition);
        Packing.WriteBytes(piece, _states.WrittenSpan);
        if (!hasMore)
        {
            Packing.WriteNumber(piece, (ulong)_partition);
            Packing.WriteBytes(piece, _summary);
            (_partition, _from, _summary) = (_partition + 1, 0, null);
        }

        Snapshots.Append();
    }

    public void OnSealed(LogIndex index, bool saved)
    {
        if (Snapshots.TryEnd(index, saved)) replica.Out.Release(new PersistPoint(_begunAt.Value + 1));
    }
}
