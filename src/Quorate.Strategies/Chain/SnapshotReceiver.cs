using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>A learner's side of a snapshot: one installation at a time, resumed when the same source goes on with the same
/// snapshot, also in a later epoch.</summary>
internal sealed class SnapshotReceiver(ChainReplica replica)
{
    private SnapshotInstallation? _installation;

    public bool IsInstalling => _installation is not null;

    public void Handle(NodeId from, SnapshotPiece piece)
    {
        if (piece.Index <= replica.CommitIndex)
        {
            replica.Position?.Predecessor?.OweAnswer();
            return;
        }

        if (_installation is not { } installation || !installation.Continues(from, piece))
        {
            if (_installation is { IsSealing: true }) return;
            // Only from the first piece on can a state be put together.
            _installation?.Close();
            _installation = null;
            if (piece.Piece == 0)
            {
                replica.SnapshotMaker.Abandon();
                _installation = new SnapshotInstallation(replica, from, piece);
            }
        }

        if (_installation?.TryAccept(piece) == false)
        {
            _installation.Close();
            _installation = null;
        }

        replica.Out.Send(from, new SnapshotAck
        {
            Epoch = replica.Accepted.Epoch,
            Index = piece.Index,
            NextPiece = _installation?.NextPiece ?? 0,
            Incarnation = replica.Incarnation,
        });
    }

    /// <summary>The log has overtaken a snapshot of which pieces are missing (its sender failed): it must not stand in the
    /// way of one of this replica's own for ever.</summary>
    public void DropOvertaken()
    {
        if (_installation is not { IsSealing: false } installation || installation.Index > replica.CommitIndex) return;
        installation.Close();
        _installation = null;
    }

    /// <returns>False: it is none that was received.</returns>
    public bool OnSealed(LogIndex index, bool saved)
    {
        if (_installation is not { IsSealing: true } snapshot || snapshot.Index != index) return false;
        _installation = null;
        snapshot.Close();
        if (!saved) return true;
        if (snapshot.Index > replica.CommitIndex)
        {
            snapshot.Complete();
            replica.JumpTo(snapshot.Index, snapshot.Epoch);
        }

        replica.SnapshotMaker.NoteSealed(snapshot.Index, snapshot.Bytes);
        replica.Journal.MarkSnapshot(snapshot.Index, snapshot.Epoch, replica.Accepted, replica.Out);
        replica.Position?.Predecessor?.OweAnswer();
        return true;
    }
}
