using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>A snapshot on its way to one backup: a window of pieces, resumed where the backup says. The backup has use for
/// none from before <paramref name="notBefore"/>; when it is the state only that it lacks, its own log goes on from there.</summary>
internal sealed class SnapshotTransfer(bool stateOnly, LogIndex notBefore) : IDisposable
{
    private ISnapshotReader? _reader;
    private int _acknowledged;
    private int _next;
    private int _acknowledgedAtTick;

    public LogIndex Index => _reader?.Header.Index ?? default;

    /// <summary>Sends what fits into the window; asks for a snapshot if there is none that reaches the log.</summary>
    public void Send(PrimaryReplica replica, NodeId to)
    {
        if (!TryOpen(replica)) return;
        var reader = _reader!;
        // About a piece a turn: the clients of the turn wait for it. Answers and ticks fill the window.
        for (var sent = 0; sent < replica.Options.SnapshotPieceBytes && _next < reader.PieceCount && _next - _acknowledged < replica.Options.SnapshotWindow; _next++)
        {
            if (!reader.TryRead(_next, out var bytes))
            {
                replica.SnapshotMaker.NoteDamaged();
                Dispose();
                return;
            }

            replica.Out.Send(to, new InstallSnapshot
            {
                Epoch = replica.Configuration!.Epoch,
                Index = reader.Header.Index,
                IndexEpoch = new Epoch(reader.Header.Term.Value),
                Piece = _next,
                PieceCount = reader.PieceCount,
                Past = reader.Header.Extra,
                Data = bytes,
            });
            sent += bytes.Length;
        }
    }

    public void OnResponse(InstallSnapshotResponse response)
    {
        if (response.Index != Index || _reader is null || response.NextPiece > _reader.PieceCount) return;
        // Fewer than before: the backup was restarted and begins again.
        if (response.NextPiece < _acknowledged) _next = response.NextPiece;
        _acknowledged = response.NextPiece;
        _next = Math.Max(_next, _acknowledged);
    }

    /// <summary>Called with the heartbeat: when nothing came since the last one, sends again.</summary>
    public void OnHeartbeat()
    {
        if (_reader is null) return;
        if (_acknowledged == _acknowledgedAtTick) _next = Math.Min(_acknowledged, _reader.PieceCount - 1);
        _acknowledgedAtTick = _acknowledged;
    }

    public void Dispose()
    {
        _reader?.Dispose();
        _reader = null;
        _acknowledged = _next = _acknowledgedAtTick = 0;
    }

    private bool TryOpen(PrimaryReplica replica)
    {
        if (_reader is not null) return true;
        // A source's own may be of a past that is not the group's, until its log is known to agree that far.
        if (replica.Serving is null && replica.LastApplied > replica.Backup.Verified) return false;
        var oldest = stateOnly ? notBefore : replica.Log.BaseIndex;
        if (replica.SnapshotMaker.CanServe(oldest))
        {
            _reader = replica.Snapshots.OpenNewest();
            if (_reader is not null && _reader.PieceCount > 0 && _reader.Header.Index >= oldest
                && IsOfThisHistory(replica, _reader.Header)) return true;
            Dispose();
            replica.SnapshotMaker.NoteDamaged();
        }

        if (replica.LastApplied >= oldest) replica.SnapshotMaker.BeginForAwaiting();
        return false;
    }

    /// <summary>One that was received before another primary took over may be of a past that is not the group's.</summary>
    private static bool IsOfThisHistory(PrimaryReplica replica, SnapshotHeader header) =>
        replica.Log.HasEpochAt(header.Index) && replica.Log.EpochAt(header.Index).Value == header.Term.Value;
}
