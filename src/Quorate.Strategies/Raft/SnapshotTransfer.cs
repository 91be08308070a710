using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>A snapshot on its way from the leader to one follower: a window of pieces, resumed where the follower says.</summary>
/// <param name="since">The snapshot has to be of this index or later, even where the log goes back further.</param>
internal sealed class SnapshotTransfer(LogIndex since = default) : IDisposable
{
    private ISnapshotReader? _reader;
    private int _acknowledged;
    private int _next;
    private int _acknowledgedAtTick;

    public LogIndex Since => since;

    public LogIndex Index => _reader?.Header.Index ?? default;

    /// <summary>Sends what fits into the window; asks for a snapshot if there is none that reaches the log.</summary>
    public void Send(RaftReplica replica, Progress progress, long round)
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

            replica.Out.Send(progress.Node, new InstallSnapshot
            {
                Term = replica.CurrentTerm,
                LastIncludedIndex = reader.Header.Index,
                LastIncludedTerm = reader.Header.Term,
                Round = round,
                SentAt = replica.Now.Nanoseconds,
                Piece = _next,
                PieceCount = reader.PieceCount,
                ConfigurationBytes = reader.Header.Extra,
                Data = bytes,
            });
            sent += bytes.Length;
        }
    }

    public void OnResponse(InstallSnapshotResponse response)
    {
        if (response.LastIncludedIndex != Index || _reader is null || response.NextPiece > _reader.PieceCount) return;
        // Fewer than before: the follower was restarted and begins again.
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

    private bool TryOpen(RaftReplica replica)
    {
        if (_reader is not null) return true;
        var needed = LogIndex.Max(replica.Log.BaseIndex, since);
        if (replica.SnapshotMaker.CanServe(needed))
        {
            _reader = replica.Snapshots.OpenNewest();
            if (_reader is not null && _reader.PieceCount > 0 && _reader.Header.Index >= needed) return true;
            Dispose();
            replica.SnapshotMaker.NoteDamaged();
        }

        replica.SnapshotMaker.BeginForAwaiting();
        return false;
    }
}
