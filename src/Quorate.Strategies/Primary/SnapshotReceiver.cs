using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>A backup's side of InstallSnapshot: one installation at a time.</summary>
internal sealed class SnapshotReceiver(PrimaryReplica replica)
{
    private SnapshotInstallation? _installation;

    public bool IsInstalling => _installation is not null;

    public void Handle(NodeId from, InstallSnapshot message)
    {
        var log = replica.Log;
        if (!replica.Past.IsStateLost && log.HasEpochAt(message.Index) && log.EpochAt(message.Index) == message.IndexEpoch)
        {
            var journal = replica.Journal;
            var durable = journal.EntriesPoint > journal.ConfigurationPoint ? journal.EntriesPoint : journal.ConfigurationPoint;
            replica.Backup.AcknowledgeSnapshot(from, message.Index, durable);
            return;
        }

        // It would leave a gap before a log that was answered for.
        if (replica.Past.IsStateLost && message.Index < log.BaseIndex) return;
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
            Epoch = message.Epoch,
            Index = message.Index,
            NextPiece = _installation?.NextPiece ?? 0,
            Incarnation = replica.Incarnation,
        }, replica.Journal.ConfigurationPoint);
    }

    /// <summary>The log has overtaken a snapshot of which pieces are missing (its sender failed): it must not stand in the
    /// way of one of this replica's own for ever.</summary>
    public void DropOvertaken()
    {
        if (_installation is not { IsSealing: false } installation || installation.Index > replica.CommitIndex || replica.Past.IsStateLost) return;
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
        // Never older than what is here: it would be the state before entries that were answered for.
        if (!replica.Past.IsStateLost && snapshot.Index <= replica.LastApplied && replica.Log.EpochAt(snapshot.Index) == snapshot.Epoch) return true;
        if (replica.Past.IsStateLost && snapshot.Index < replica.Log.BaseIndex) return true;
        snapshot.Complete();
        replica.Past.JumpTo(snapshot.Index, snapshot.Epoch, snapshot.Past);
        replica.SnapshotMaker.NoteSealed(snapshot.Index, snapshot.Bytes);
        var marked = replica.MarkSnapshot(snapshot.Index, snapshot.Epoch);
        if (replica.Configuration is { Leader.IsNone: false } && snapshot.Source != replica.Self)
            replica.Backup.AcknowledgeSnapshot(snapshot.Source, snapshot.Index, marked);
        return true;
    }

    /// <summary>This replica is to lead, or follows another history: what is half received belongs to neither.</summary>
    public void Abandon()
    {
        _installation?.Close();
        _installation = null;
    }
}
