using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>What this strategy adds to making, sending and receiving snapshots: a state may belong to a past that is not the
/// group's, or be ahead of what is committed.</summary>
internal sealed class PrimarySnapshots(PrimaryReplica replica) : ISnapshotOwner
{
    public LogIndex LastApplied => replica.LastApplied;

    public long BytesSinceSnapshot => replica.Journal.BytesSinceSnapshot;

    /// <summary>What is in it must be in the journal (a snapshot that the log knows nothing of is not believed at the next
    /// start) and committed, but for a primary whose executed batch waits for a backup that needs this very snapshot.</summary>
    public bool MayMakeSnapshot =>
        !replica.Past.IsStateLost && replica.LastApplied <= replica.Journal.DurableIndex
        && (replica.LastApplied <= replica.CommitIndex || replica.Serving?.IsStuck == true);

    /// <summary>A source's own may be of a past that is not the group's, until its log is known to agree that far.</summary>
    public bool MaySendSnapshots => replica.Serving is not null || replica.LastApplied <= replica.Backup.Verified;

    public SnapshotHeader MakeHeader()
    {
        var index = replica.LastApplied;
        var past = SnapshotPast.Encode(replica.Log, index, replica.CommitIndex);
        return new SnapshotHeader(index, replica.Log.StampAt(index).Value, past);
    }

    public bool HasOvertaken(LogIndex index) => index <= replica.CommitIndex && !replica.Past.IsStateLost;

    /// <summary>One that was received before another primary took over may be of a past that is not the group's.</summary>
    public bool IsOfThisHistory(SnapshotHeader header) => IsInLog(header.Index, new Epoch(header.Stamp));

    public void OnSnapshotMade(SnapshotHeader header) => replica.MarkSnapshot(header.Index, new Epoch(header.Stamp));

    public void Handle(NodeId from, InstallSnapshot message)
    {
        var journal = replica.Journal;
        if (!replica.Past.IsStateLost && IsInLog(message.Index, message.IndexEpoch))
        {
            var durable = journal.EntriesPoint > journal.ConfigurationPoint ? journal.EntriesPoint : journal.ConfigurationPoint;
            replica.Backup.AcknowledgeSnapshot(from, message.Index, durable);
            return;
        }

        if (WouldLeaveGap(message.Index)) return;
        var piece = new Piece(
            message.Index, message.IndexEpoch.Value, message.Piece, message.PieceCount, message.Past, message.Data);
        if (!replica.SnapshotMaker.Inbox.TryTake(from, piece, out var next)) return;
        replica.Out.Send(from, new InstallSnapshotResponse
        {
            Epoch = message.Epoch,
            Index = message.Index,
            NextPiece = next,
            Incarnation = replica.Incarnation,
        }, journal.ConfigurationPoint);
    }

    public void OnSnapshotReceived(SnapshotInstallation snapshot)
    {
        var (index, epoch) = (snapshot.Index, new Epoch(snapshot.Header.Stamp));
        // Never older than what is here: it would be the state before entries that were answered for.
        if (!replica.Past.IsStateLost && index <= replica.LastApplied && replica.Log.StampAt(index) == epoch) return;
        if (WouldLeaveGap(index)) return;
        Invariant.Require(SnapshotPast.TryDecode(snapshot.Header.Extra.Span, index, epoch, out var past), "the codec checked it");
        snapshot.Complete();
        replica.Past.JumpTo(index, epoch, past);
        replica.SnapshotMaker.NoteSealed(index, snapshot.Bytes);
        var marked = replica.MarkSnapshot(index, epoch);
        if (replica.Configuration is { Leader.IsNone: false } && snapshot.Source != replica.Self)
            replica.Backup.AcknowledgeSnapshot(snapshot.Source, index, marked);
    }

    public void SendPiece(NodeId to, in Piece piece) => replica.Out.Send(to, new InstallSnapshot
    {
        Epoch = replica.Configuration!.Epoch,
        Index = piece.Index,
        IndexEpoch = new Epoch(piece.Stamp),
        Piece = piece.Number,
        PieceCount = piece.Count,
        Past = piece.Extra,
        Data = piece.Data,
    });

    private bool IsInLog(LogIndex index, Epoch epoch) => replica.Log.HasStampAt(index) && replica.Log.StampAt(index) == epoch;

    /// <summary>The log, whose entries were answered for, begins after the snapshot.</summary>
    private bool WouldLeaveGap(LogIndex index) => replica.Past.IsStateLost && index < replica.Log.BaseIndex;
}
