using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>
/// Makes this replica's snapshots, a piece a turn: all partitions held, and the hints. The states are read while updates go on;
/// what changes after the beginning is in the journal, which is kept from there on. Of each partition the summary of the
/// beginning comes last, behind the states that it speaks of.
/// </summary>
internal sealed class SnapshotMaker(LeaderlessReplica replica)
{
    private readonly ArrayBufferWriter<byte> _piece = new();
    private readonly ArrayBufferWriter<byte> _states = new();
    private ISnapshotWriter? _writer;
    private LogIndex _index;
    private PersistPoint _begunAt;
    private int _partition;
    private ulong _from;
    private byte[]? _summary;
    private long _bytes;
    private bool _isSealing;

    /// <summary>The newest sealed one; 0: none.</summary>
    public LogIndex SealedIndex { get; private set; }

    public long SealedBytes { get; private set; }

    public void NoteSealed(LogIndex index, long bytes) => (SealedIndex, SealedBytes) = (index, bytes);

    public void BeginIfDue()
    {
        if (_writer is null
            && replica.Journal.BytesSinceSnapshot > Math.Max(replica.Options.SnapshotThresholdBytes, 2 * SealedBytes))
            Begin();
    }

    public void Begin()
    {
        if (_writer is not null) return;
        _index = SealedIndex.Next;
        // Nothing of this turn is in the journal yet: all that is in memory and not in the records up to here comes behind them.
        _begunAt = replica.Journal.Last;
        replica.Journal.BytesSinceSnapshot = 0;
        _piece.ResetWrittenCount();
        replica.Journal.WritePlace(_piece);
        _writer = replica.Snapshots.Create(new SnapshotHeader(_index, default, _piece.WrittenSpan.ToArray()));
        (_partition, _from, _summary, _bytes, _isSealing) = (0, 0, null, 0, false);
        foreach (var hint in replica.Hints.All)
        {
            _piece.ResetWrittenCount();
            Packing.WriteByte(_piece, (byte)RecordKind.Hints);
            hint.Encode(_piece);
            Append();
        }
    }

    /// <summary>Writes a piece if the writer can take one.</summary>
    public void Work()
    {
        if (_writer is null || _isSealing || !_writer.IsReady) return;
        while (_partition < replica.Partitions.Length && replica.Partitions[_partition] is not { IsHeld: true }) _partition++;
        if (_partition == replica.Partitions.Length)
        {
            _isSealing = true;
            _writer.Seal();
            return;
        }

        var partition = replica.Partitions[_partition]!;
        _summary ??= partition.Summary().ToArray();
        _states.ResetWrittenCount();
        var hasMore = partition.Machine.WriteStates(ref _from, replica.Options.SnapshotPieceBytes, _states);
        _piece.ResetWrittenCount();
        Packing.WriteByte(_piece, (byte)RecordKind.Merged);
        Packing.WriteNumber(_piece, (ulong)_partition);
        Packing.WriteBytes(_piece, _states.WrittenSpan);
        if (!hasMore)
        {
            Packing.WriteNumber(_piece, (ulong)_partition);
            Packing.WriteBytes(_piece, _summary);
            (_partition, _from, _summary) = (_partition + 1, 0, null);
        }

        Append();
    }

    public void OnSealed(LogIndex index, bool saved)
    {
        if (_writer is null || index != _index) return;
        _writer.Dispose();
        _writer = null;
        if (!saved) return;
        NoteSealed(index, _bytes);
        replica.Out.Release(new PersistPoint(_begunAt.Value + 1));
    }

    private void Append()
    {
        _writer!.Append(_piece.WrittenSpan);
        _bytes += _piece.WrittenCount;
    }
}
