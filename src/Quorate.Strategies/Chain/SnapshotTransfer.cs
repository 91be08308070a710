using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>A snapshot on its way from the tail to one learner: a window of pieces, resumed where the learner says.</summary>
internal sealed class SnapshotTransfer
{
    private ISnapshotReader? _reader;
    private int _acknowledged;
    private int _next;
    private int _acknowledgedAtTick;

    public LogIndex Index => _reader?.Header.Index ?? default;

    /// <summary>Sends what fits into the window; asks for a snapshot if there is none that reaches the log.</summary>
    public void Send(ChainReplica replica, NodeId to)
    {
        if (!TryOpen(replica)) return;
        var reader = _reader!;
        // About a piece a turn: the clients of the turn wait for it. Answers and ticks fill the window.
        for (var sent = 0; sent < replica.Options.SnapshotPieceBytes && _next < reader.PieceCount && _next - _acknowledged < replica.Options.SnapshotWindow; _next++)
        {
            if (!reader.TryRead(_next, out var bytes))
            {
                replica.SnapshotMaker.NoteDamaged();
                Close();
                return;
            }

            replica.Out.Send(to, new SnapshotPiece
            {
                Epoch = replica.Accepted.Epoch,
                Index = reader.Header.Index,
                IndexEpoch = new Epoch(reader.Header.Term.Value),
                Piece = _next,
                PieceCount = reader.PieceCount,
                Data = bytes,
            });
            sent += bytes.Length;
        }
    }

    public void OnAck(SnapshotAck ack)
    {
        if (ack.Index != Index || _reader is null || ack.NextPiece > _reader.PieceCount) return;
        // Fewer than before: the learner was restarted and begins again.
        if (ack.NextPiece < _acknowledged) _next = ack.NextPiece;
        _acknowledged = ack.NextPiece;
        _next = Math.Max(_next, _acknowledged);
    }

    /// <summary>Called with the heartbeat: when nothing came since the last one, sends again.</summary>
    public void OnHeartbeat()
    {
        if (_reader is null) return;
        if (_acknowledged == _acknowledgedAtTick) _next = Math.Min(_acknowledged, _reader.PieceCount - 1);
        _acknowledgedAtTick = _acknowledged;
    }

    public void Close()
    {
        _reader?.Dispose();
        _reader = null;
        _acknowledged = _next = _acknowledgedAtTick = 0;
    }

    private bool TryOpen(ChainReplica replica)
    {
        if (_reader is not null) return true;
        if (replica.SnapshotMaker.CanServe(replica.Log.BaseIndex))
        {
            _reader = replica.Snapshots.OpenNewest();
            if (_reader is not null && _reader.PieceCount > 0 && _reader.Header.Index >= replica.Log.BaseIndex) return true;
            Close();
            replica.SnapshotMaker.NoteDamaged();
        }

        replica.SnapshotMaker.BeginForAwaiting();
        return false;
    }
}
