using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.MultiLeader;

/// <summary>
/// Makes this replica's own snapshots, a piece a turn: first the summary of what was seen, in the header, then all states,
/// while updates go on. What the pieces show beyond the summary is in the journal, and durable there before the snapshot
/// is sealed: otherwise a restart would know an update's effect and not the update.
/// </summary>
internal sealed class SnapshotMaker(MultiLeaderReplica replica)
{
    private readonly ArrayBufferWriter<byte> _piece = new();
    private ISnapshotWriter? _writer;
    private ulong _from;
    private long _number;
    private long _bytes;
    private PersistPoint _covered;
    private PersistPoint? _sealAfter;
    private bool _isSealing;

    /// <summary>Counts this replica's snapshots; 0 when there is none.</summary>
    public long SealedNumber { get; private set; }

    public long SealedBytes { get; private set; }

    public void NoteSealed(long number, long bytes) => (SealedNumber, SealedBytes) = (number, bytes);

    public void BeginIfDue()
    {
        if (_writer is not null || !replica.Options.Durable || !replica.IsConfigured) return;
        if (replica.Journal.BytesSinceSnapshot <= Math.Max(replica.Options.SnapshotThresholdBytes, 2 * SealedBytes)) return;
        Begin();
    }

    private void Begin()
    {
        replica.Journal.Flush(replica.Out);
        _covered = replica.Journal.LastPoint;
        var summary = new ArrayBufferWriter<byte>();
        replica.Knowledge.CausalAfter.Encode(summary);
        replica.Machine.WriteSummary(summary);
        _number = SealedNumber + 1;
        _writer = replica.Snapshots.Create(new SnapshotHeader(new LogIndex(_number), default, summary.WrittenMemory));
        _from = 0;
        _bytes = 0;
        _sealAfter = null;
    }

    public void Work()
    {
        if (_writer is null || _isSealing) return;
        if (_sealAfter is { } point)
        {
            if (replica.Journal.DurablePoint < point) return;
            _isSealing = true;
            _writer.Seal();
            return;
        }

        if (!_writer.IsReady) return;
        _piece.ResetWrittenCount();
        var more = replica.Machine.WriteStates(ref _from, replica.Options.PieceBytes, _piece);
        _writer.Append(_piece.WrittenSpan);
        _bytes += _piece.WrittenCount;
        if (more) return;
        replica.Journal.Flush(replica.Out);
        _sealAfter = replica.Journal.LastPoint;
    }

    public void OnSealed(LogIndex index, bool saved)
    {
        if (!_isSealing || index.Value != _number) return;
        _writer!.Dispose();
        _writer = null;
        _isSealing = false;
        if (!saved) return;
        NoteSealed(_number, _bytes);
        replica.Journal.Save(RecordKind.SnapshotMark, _number, replica.Out);
        replica.SaveStanding();
        replica.Journal.ReleaseAfterSnapshot(_covered);
    }
}
