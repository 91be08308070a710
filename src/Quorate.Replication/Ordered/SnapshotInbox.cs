namespace Quorate.Replication.Ordered;

/// <summary>The side of a replica that is filled by a snapshot: one installation at a time, which goes on where it stopped
/// when the same source goes on with the same snapshot. [Raft §7, fig. 13]</summary>
public sealed class SnapshotInbox
{
    private readonly SnapshotMaker _maker;
    private SnapshotInstallation? _installation;

    internal SnapshotInbox(SnapshotMaker maker) => _maker = maker;

    public bool IsInstalling => _installation is not null;

    /// <summary>Takes a piece that the strategy has found to be needed.</summary>
    /// <param name="nextPiece">the piece to be sent next: all before it have arrived</param>
    /// <returns>False: another snapshot is about to be put in place. The sender is told nothing.</returns>
    public bool TryTake(NodeId from, in Piece piece, out int nextPiece)
    {
        nextPiece = 0;
        if (_installation is not { } installation || !installation.Continues(from, piece))
        {
            if (_installation is { IsSealing: true }) return false;
            Abandon();
            // Only from the first piece on can a state be put together.
            if (piece.Number == 0)
            {
                _maker.Abandon();
                _installation = new SnapshotInstallation(from, piece, _maker.Storage, _maker.Machine);
            }
        }

        if (_installation?.TryAccept(piece) == false) Abandon();
        nextPiece = _installation?.NextPiece ?? 0;
        return true;
    }

    /// <summary>Gives up what is half received: it belongs to a history that is not followed any more.</summary>
    public void Abandon()
    {
        _installation?.Close();
        _installation = null;
    }

    /// <summary>The log has overtaken a snapshot of which pieces are missing (its sender failed): it must not stand in the
    /// way of one of this replica's own for ever.</summary>
    internal void DropOvertaken()
    {
        if (_installation is { IsSealing: false } installation && _maker.Owner.HasOvertaken(installation.Index)) Abandon();
    }

    /// <returns>False: it is none that was received.</returns>
    internal bool OnSealed(LogIndex index, bool saved)
    {
        if (_installation is not { IsSealing: true } snapshot || snapshot.Index != index) return false;
        _installation = null;
        snapshot.Close();
        if (saved) _maker.Owner.OnSnapshotReceived(snapshot);
        return true;
    }
}
