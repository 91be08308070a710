using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>A follower's side of InstallSnapshot: one installation at a time. [Raft §7, fig. 13]</summary>
internal sealed class SnapshotReceiver(RaftReplica replica)
{
    private SnapshotInstallation? _installation;

    public bool IsInstalling => _installation is not null;

    public void Handle(Follower follower, NodeId from, InstallSnapshot message)
    {
        if (message.LastIncludedIndex <= replica.StateIndex)
        {
            var durable = replica.Journal.EntriesPoint > replica.Journal.HardStatePoint ? replica.Journal.EntriesPoint : replica.Journal.HardStatePoint;
            follower.AcknowledgeSnapshot(from, replica.CommitIndex, durable);
            return;
        }

        if (_installation is not { } installation || !installation.Continues(from, message))
        {
            if (_installation is { IsSealing: true }) return;
            // Only from the first piece on can a state be put together.
            _installation?.Close();
            _installation = null;
            if (message.Piece == 0)
            {
                replica.SnapshotMaker.Abandon();
                _installation = new SnapshotInstallation(replica, from, message);
            }
        }

        if (_installation?.TryAccept(message) == false)
        {
            _installation.Close();
            _installation = null;
        }

        replica.Out.Send(from, new InstallSnapshotResponse
        {
            Term = replica.CurrentTerm,
            LastIncludedIndex = message.LastIncludedIndex,
            NextPiece = _installation?.NextPiece ?? 0,
            Round = message.Round,
            SentAt = message.SentAt,
            Incarnation = replica.Incarnation,
        }, replica.Journal.HardStatePoint);
    }

    /// <summary>The log has overtaken a snapshot of which pieces are missing (its sender failed): it must not stand in the
    /// way of one of this replica's own for ever.</summary>
    public void DropOvertaken()
    {
        if (_installation is not { IsSealing: false } installation || installation.Index > replica.StateIndex) return;
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
        if (snapshot.Index > replica.StateIndex)
        {
            snapshot.Complete();
            replica.JumpTo(snapshot.Index, snapshot.Term, snapshot.Configuration);
        }

        replica.SnapshotMaker.NoteSealed(snapshot.Index, snapshot.Bytes);
        var marked = replica.MarkSnapshot(snapshot.Index, snapshot.Term);
        if (replica.Role is Follower { LeaderId.IsNone: false } follower)
        {
            follower.AcknowledgeSnapshot(follower.LeaderId, snapshot.Index, marked);
        }

        return true;
    }
}
