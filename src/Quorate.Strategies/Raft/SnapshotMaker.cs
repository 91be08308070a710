using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>Makes this replica's own snapshots, a piece a turn, and knows the newest sealed one. [Raft §5]</summary>
internal sealed class SnapshotMaker(RaftReplica replica)
{
    private readonly ArrayBufferWriter<byte> _piece = new();
    private ISnapshotSource? _source;
    private ISnapshotWriter? _writer;
    private LogIndex _index;
    private Term _term;
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
    public bool CanServe(LogIndex baseIndex) => !replica.Quarantine.IsPresent && SealedIndex.Value > 0 && SealedIndex >= baseIndex && !_isDamaged;

    /// <summary>Begins one at LastApplied, unless one is being made or there is nothing new to tell.</summary>
    public void Begin()
    {
        replica.SnapshotReceiver.DropOvertaken();
        if (IsBusy || replica.Quarantine.IsPresent || replica.SnapshotReceiver.IsInstalling || (replica.LastApplied <= SealedIndex && !_isDamaged) || replica.LastApplied.Value == 0) return;
        _index = replica.LastApplied;
        _term = replica.Log.TermAt(_index);
        var configuration = replica.Configurations.At(_index).Encode();
        _writer = replica.Snapshots.Create(new SnapshotHeader(_index, replica.Rules.SnapshotTerm(_term), configuration));
        _source = replica.Machine.BeginSnapshot();
        _bytes = 0;
    }

    public void BeginIfDue()
    {
        var threshold = Math.Max(replica.Options.SnapshotThresholdBytes, 2 * SealedBytes);
        if (replica.Journal.BytesSinceSnapshot > threshold) Begin();
    }

    /// <summary>Writes a piece of about that many bytes if the writer can take one.</summary>
    public void Work(int bytes)
    {
        if (_source is null || !_writer!.IsReady) return;
        _piece.ResetWrittenCount();
        var more = _source.WriteNext(_piece, Math.Min(bytes, replica.Options.SnapshotPieceBytes));
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
        replica.MarkSnapshot(_index, _term);
        return true;
    }
}
