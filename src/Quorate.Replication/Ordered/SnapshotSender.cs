namespace Quorate.Replication.Ordered;

/// <summary>A snapshot on its way from this replica to one that it fills: a window of pieces, resumed where the other
/// says.</summary>
/// <param name="notBefore">the other has no use for a snapshot from before this entry; null: the log here says which it
/// needs</param>
public sealed class SnapshotSender(LogIndex? notBefore = null)
{
    private ISnapshotReader? _reader;
    private int _acknowledged;
    private int _next;
    private int _acknowledgedAtHeartbeat;

    public LogIndex? NotBefore => notBefore;

    /// <summary>The last entry in the snapshot that is being sent; 0 while there is none to send.</summary>
    public LogIndex Index => _reader?.Header.Index ?? default;

    /// <summary>Sends what fits into the window; has a snapshot made if there is none of <paramref name="oldest"/> or
    /// later.</summary>
    public void Send(SnapshotMaker maker, NodeId to, LogIndex oldest)
    {
        if (!TryOpen(maker, oldest)) return;
        var reader = _reader!;
        var sizes = maker.Sizes;
        // About a piece a turn: the clients of the turn wait for it. Answers and ticks fill the window.
        for (var sent = 0; sent < sizes.PieceBytes && _next < reader.PieceCount && _next - _acknowledged < sizes.Window; _next++)
        {
            if (!reader.TryRead(_next, out var bytes))
            {
                maker.NoteDamaged();
                Close();
                return;
            }

            var header = reader.Header;
            maker.Owner.SendPiece(to, new Piece(header.Index, header.Stamp, _next, reader.PieceCount, header.Extra, bytes));
            sent += bytes.Length;
        }
    }

    /// <summary>The other has all pieces of the snapshot at <paramref name="index"/> before
    /// <paramref name="nextPiece"/>.</summary>
    public void OnAnswer(LogIndex index, int nextPiece)
    {
        if (index != Index || _reader is null || nextPiece > _reader.PieceCount) return;
        // Fewer than before: the other was restarted and begins again.
        if (nextPiece < _acknowledged) _next = nextPiece;
        _acknowledged = nextPiece;
        _next = Math.Max(_next, _acknowledged);
    }

    /// <summary>Called with the heartbeat: when nothing came since the last one, sends again.</summary>
    public void OnHeartbeat()
    {
        if (_reader is null) return;
        if (_acknowledged == _acknowledgedAtHeartbeat) _next = Math.Min(_acknowledged, _reader.PieceCount - 1);
        _acknowledgedAtHeartbeat = _acknowledged;
    }

    /// <summary>Gives the snapshot back. What is sent after this begins with the first piece of the newest.</summary>
    public void Close()
    {
        _reader?.Dispose();
        _reader = null;
        _acknowledged = _next = _acknowledgedAtHeartbeat = 0;
    }

    private bool TryOpen(SnapshotMaker maker, LogIndex oldest)
    {
        if (_reader is not null) return true;
        if (!maker.Owner.MaySendSnapshots) return false;
        if (maker.CanServe(oldest))
        {
            _reader = maker.Storage.OpenNewest();
            if (_reader is { PieceCount: > 0 } reader && reader.Header.Index >= oldest
                && maker.Owner.IsOfThisHistory(reader.Header)) return true;
            Close();
            maker.NoteDamaged();
        }

        if (maker.Owner.LastApplied >= oldest) maker.BeginForAwaiting();
        return false;
    }
}
