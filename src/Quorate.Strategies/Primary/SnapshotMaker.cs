using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>Makes this replica's own snapshots, a piece a turn, and knows the newest sealed one.</summary>
internal sealed class SnapshotMaker(PrimaryReplica replica)
{
    private readonly ArrayBufferWriter<byte> _piece = new();
    private ISnapshotSource? _source;
    private ISnapshotWriter? _writer;
    private LogIndex _index;
    private Epoch _epoch;
    private long _bytes;
    private bool _sealing;
    private bool _isDamaged;

    /// <summary>The newest sealed snapshot; 0 when there is none.</summary>
    public LogIndex SealedIndex { get; private set; }

    public long SealedBytes { get; private set; }

    public bool IsBusy => _source is not null || _sealing;

    public void NoteSealed(LogIndex index, long bytes)
    {
        SealedIndex = index;
        SealedBytes = bytes;
        _isDamaged = false;
    }

    /// <summary>The sealed snapshot could not be read: another must be made.</summary>
    public void NoteDamaged() => _isDamaged = true;

    /// <summary>True when the newest sealed snapshot leaves no gap before a log that begins after <paramref name="baseIndex"/>.</summary>
    public bool CanServe(LogIndex baseIndex) => SealedIndex.Value > 0 && SealedIndex >= baseIndex && !_isDamaged;

    /// <summary>The state is another one now: what was sealed or begun belongs to a past that is not the group's.</summary>
    public void Forget()
    {
        Abandon();
        SealedIndex = default;
        SealedBytes = 0;
        _isDamaged = false;
    }

    /// <summary>Begins one at LastApplied, unless one is being made or there is nothing new to tell. What is in it must be
    /// in the journal (a snapshot that the log knows nothing of is not believed at the next start) and committed, but for a
    /// primary whose executed batch waits for somebody who needs this very snapshot.</summary>
    public void Begin()
    {
        replica.SnapshotReceiver.DropOvertaken();
        if (IsBusy || replica.SnapshotReceiver.IsInstalling || replica.Past.IsStateLost) return;
        if ((replica.LastApplied <= SealedIndex && !_isDamaged) || replica.LastApplied.Value == 0) return;
        if (replica.LastApplied > replica.CommitIndex && replica.Serving?.IsStuck != true) return;
        if (replica.LastApplied > replica.Journal.DurableIndex) return;
        _index = replica.LastApplied;
        _epoch = replica.Log.EpochAt(_index);
        _writer = replica.Snapshots.Create(new SnapshotHeader(_index, new Term(_epoch.Value), SnapshotPast.Encode(replica.Log, _index, replica.CommitIndex)));
        _source = replica.Machine.BeginSnapshot();
        _bytes = 0;
    }

    public void BeginIfDue()
    {
        var threshold = Math.Max(replica.Options.SnapshotThresholdBytes, 2 * SealedBytes);
        if (replica.Journal.BytesSinceSnapshot > threshold) Begin();
    }

    /// <summary>Writes a piece if the writer can take one.</summary>
    public void Work()
    {
        if (_source is null || !_writer!.IsReady) return;
        _piece.ResetWrittenCount();
        var more = _source.WriteNext(_piece, replica.Options.SnapshotPieceBytes);
        // Even an empty state takes one piece, so that there is something to send.
        if (_piece.WrittenCount > 0 || (!more && _bytes == 0)) _writer.Append(_piece.WrittenSpan);
        _bytes += _piece.WrittenCount;
        if (more) return;
        _source.Dispose();
        _source = null;
        _sealing = true;
        _writer.Seal();
    }

    /// <summary>Another snapshot takes the only place.</summary>
    public void Abandon()
    {
        _source?.Dispose();
        _source = null;
        _writer?.Dispose();
        _writer = null;
        _sealing = false;
    }

    /// <returns>False: it is none of this maker's.</returns>
    public bool OnSealed(LogIndex index, bool saved)
    {
        if (!_sealing || index != _index) return false;
        Abandon();
        if (!saved) return true;
        NoteSealed(_index, _bytes);
        replica.MarkSnapshot(_index, _epoch);
        return true;
    }
}
