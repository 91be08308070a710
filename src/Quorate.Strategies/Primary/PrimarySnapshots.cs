using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>What this strategy adds to making, sending and receiving snapshots: a state may belong to a past that is not the
/// group's, or be ahead of what is committed.</summary>
internal sealed class PrimarySnapshots : ISnapshotOwner
{
    private readonly PrimaryReplica _replica;

    public PrimarySnapshots(PrimaryReplica replica, ISnapshots storage, IStateMachine machine)
    {
        _replica = replica;
        Maker = new SnapshotMaker(storage, machine, replica.Options.SnapshotSizes, this);
    }

    public SnapshotMaker Maker { get; }

    public LogIndex LastApplied => _replica.LastApplied;

    public long BytesSinceSnapshot => _replica.Journal.BytesSinceSnapshot;

    /// <summary>What is in it must be in the journal (a snapshot that the log knows nothing of is not believed at the next
    /// start) and committed, but for a primary whose executed batch waits for a backup that needs this very snapshot.</summary>
    public bool MayMakeSnapshot =>
        !_replica.Past.IsStateLost && _replica.LastApplied <= _replica.Journal.DurableIndex
        && (_replica.LastApplied <= _replica.CommitIndex || _replica.Serving?.IsStuck == true);

    /// <summary>A source's own may be of a past that is not the group's, until its log is known to agree that far.</summary>
    public bool MaySendSnapshots => _replica.Serving is not null || _replica.LastApplied <= _replica.Backup.Verified;

    public SnapshotHeader MakeHeader()
    {
        var index = _replica.LastApplied;
        var past = SnapshotPast.Encode(_replica.Log, index, _replica.CommitIndex);
        return new SnapshotHeader(index, _replica.Log.StampAt(index).Value, past);
    }

    public bool HasOvertaken(LogIndex index) => index <= _replica.CommitIndex && !_replica.Past.IsStateLost;

    /// <summary>One that was received before another primary took over may be of a past that is not the group's.</summary>
    public bool IsOfThisHistory(SnapshotHeader header) => IsInLog(header.Index, new Epoch(header.Stamp));

    public void OnSnapshotMade(SnapshotHeader header) => _replica.MarkSnapshot(header.Index, new Epoch(header.Stamp));

    public void Handle(NodeId from, InstallSnapshot message)
    {
        var journal = _replica.Journal;
        if (!_replica.Past.IsStateLost && IsInLog(message.Index, message.IndexEpoch))
        {
            var durable = journal.EntriesPoint > journal.ConfigurationPoint ? journal.EntriesPoint : journal.ConfigurationPoint;
            _replica.Backup.AcknowledgeSnapshot(from, message.Index, durable);
            return;
        }

        if (WouldLeaveGap(message.Index)) return;
        var piece = new Piece(
            message.Index, message.IndexEpoch.Value, message.Piece, message.PieceCount, message.Past, message.Data);
        if (!Maker.Inbox.TryTake(from, piece, out var next)) return;
        _replica.Out.Send(from, new InstallSnapshotResponse
        {
            Epoch = message.Epoch,
            Index = message.Index,
            NextPiece = next,
            Incarnation = _replica.Incarnation,
        }, journal.ConfigurationPoint);
    }

    public void OnSnapshotReceived(SnapshotInstallation snapshot)
    {
        var (index, epoch) = (snapshot.Index, new Epoch(snapshot.Header.Stamp));
        // Never older than what is here: it would be the state before entries that were answered for.
        if (!_replica.Past.IsStateLost && index <= _replica.LastApplied && _replica.Log.StampAt(index) == epoch) return;
        if (WouldLeaveGap(index)) return;
        Invariant.Require(SnapshotPast.TryDecode(snapshot.Header.Extra.Span, index, epoch, out var past), "the codec checked it");
        snapshot.Complete();
        _replica.Past.JumpTo(index, epoch, past);
        Maker.NoteSealed(index, snapshot.Bytes);
        var marked = _replica.MarkSnapshot(index, epoch);
        if (_replica.Configuration is { Leader.IsNone: false } && snapshot.Source != _replica.Self)
            _replica.Backup.AcknowledgeSnapshot(snapshot.Source, index, marked);
    }

    public void SendPiece(NodeId to, in Piece piece) => _replica.Out.Send(to, new InstallSnapshot
    {
        Epoch = _replica.Configuration!.Epoch,
        Index = piece.Index,
        IndexEpoch = new Epoch(piece.Stamp),
        Piece = piece.Number,
        PieceCount = piece.Count,
        Past = piece.Extra,
        Data = piece.Data,
    });

    private bool IsInLog(LogIndex index, Epoch epoch) => _replica.Log.HasStampAt(index) && _replica.Log.StampAt(index) == epoch;

    /// <summary>The log, whose entries were answered for, begins after the snapshot.</summary>
    private bool WouldLeaveGap(LogIndex index) => _replica.Past.IsStateLost && index < _replica.Log.BaseIndex;
}
