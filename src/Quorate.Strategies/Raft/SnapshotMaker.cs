using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>Makes this replica's own snapshots, a piece a turn, and knows the newest sealed one. [Raft §5]</summary>
internal sealed class SnapshotMaker(RaftReplica replica)
{
    private SnapshotWalk? _walk;
    private LogIndex _index;
    private Term _term;
    private bool _isDamaged;

    /// <summary>The newest sealed snapshot; 0 when there is none.</summary>
    public LogIndex SealedIndex { get; private set; }

    public long SealedBytes { get; private set; }

    public bool IsBusy => _walk is not null;

    /// <summary>The last entry in the snapshot that is being made; 0 when none is.</summary>
    public LogIndex IndexInMaking => _walk is null ? default : _index;

    /// <summary>Log kept for somebody who is being filled, in bytes: while a snapshot is made, sent and put in place, as much as
    /// the state takes twice may be written, and what is forgotten meanwhile would make the snapshot one for nothing.</summary>
    public long FillBytes => Math.Max(4 * replica.Options.MaxLagBytes, 2 * Math.Max(SealedBytes, _walk?.Bytes ?? 0));

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
        var writer = replica.Snapshots.Create(new SnapshotHeader(_index, replica.Rules.SnapshotTerm(_term), configuration));
        _walk = new SnapshotWalk(replica.Machine.BeginSnapshot(), writer, replica.Options.SnapshotPieceBytes);
    }

    /// <summary>Begins one that somebody waits for.</summary>
    public void BeginForAwaiting()
    {
        Begin();
        if (_walk is not null) _walk.IsAwaited = true;
    }

    public void BeginIfDue()
    {
        var threshold = Math.Max(replica.Options.SnapshotThresholdBytes, 2 * SealedBytes);
        if (replica.Journal.BytesSinceSnapshot > threshold) Begin();
    }

    public void OnTick() => _walk?.OnTick();

    public void OnTurnEnd()
    {
        BeginIfDue();
        _walk?.OnTurnEnd();
    }

    /// <summary>Another snapshot takes the only place.</summary>
    public void Abandon()
    {
        _walk?.Close();
        _walk = null;
    }

    /// <returns>False: it is none of this maker's.</returns>
    public bool OnSealed(LogIndex index, bool saved)
    {
        if (_walk is not { IsSealing: true } walk || index != _index) return false;
        Abandon();
        if (!saved) return true;
        NoteSealed(_index, walk.Bytes);
        replica.MarkSnapshot(_index, _term);
        return true;
    }
}
