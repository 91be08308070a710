using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>What raft adds to making, sending and receiving snapshots: configurations, quarantine, and InstallSnapshot. [Raft
/// §7]</summary>
internal sealed class RaftSnapshots : ISnapshotOwner
{
    private readonly RaftReplica _replica;

    public RaftSnapshots(RaftReplica replica, ISnapshots storage, IStateMachine machine)
    {
        _replica = replica;
        Maker = new SnapshotMaker(storage, machine, replica.Options.SnapshotSizes, this);
    }

    public SnapshotMaker Maker { get; }

    public LogIndex LastApplied => _replica.LastApplied;

    public long BytesSinceSnapshot => _replica.Journal.BytesSinceSnapshot;

    public bool MayMakeSnapshot => !_replica.Quarantine.IsPresent;

    public bool MaySendSnapshots => !_replica.Quarantine.IsPresent;

    public SnapshotHeader MakeHeader()
    {
        var index = _replica.LastApplied;
        var term = _replica.Rules.SnapshotTerm(_replica.Log.StampAt(index));
        return new SnapshotHeader(index, term.Value, _replica.Configurations.At(index).Encode());
    }

    public bool HasOvertaken(LogIndex index) => index <= _replica.StateIndex;

    public void OnSnapshotMade(SnapshotHeader header) => _replica.MarkSnapshot(header.Index, new Term(header.Stamp));

    public void Handle(Follower follower, NodeId from, InstallSnapshot message)
    {
        var journal = _replica.Journal;
        if (HasOvertaken(message.LastIncludedIndex))
        {
            var durable = journal.EntriesPoint > journal.HardStatePoint ? journal.EntriesPoint : journal.HardStatePoint;
            follower.AcknowledgeSnapshot(from, _replica.CommitIndex, durable);
            return;
        }

        var piece = new Piece(
            message.LastIncludedIndex,
            message.LastIncludedTerm.Value,
            message.Piece,
            message.PieceCount,
            message.ConfigurationBytes,
            message.Data);
        if (!Maker.Inbox.TryTake(from, piece, out var next)) return;
        _replica.Out.Send(from, new InstallSnapshotResponse
        {
            Term = _replica.CurrentTerm,
            LastIncludedIndex = message.LastIncludedIndex,
            NextPiece = next,
            Round = message.Round,
            SentAt = message.SentAt,
            Incarnation = _replica.Incarnation,
        }, journal.HardStatePoint);
    }

    public void OnSnapshotReceived(SnapshotInstallation snapshot)
    {
        var term = new Term(snapshot.Header.Stamp);
        if (!HasOvertaken(snapshot.Index))
        {
            Invariant.Require(Configuration.TryDecode(snapshot.Header.Extra.Span, out var configuration), "the codec checked it");
            snapshot.Complete();
            _replica.JumpTo(snapshot.Index, term, configuration!);
        }

        Maker.NoteSealed(snapshot.Index, snapshot.Bytes);
        var marked = _replica.MarkSnapshot(snapshot.Index, term);
        if (_replica.Role is Follower { LeaderId.IsNone: false } follower)
            follower.AcknowledgeSnapshot(follower.LeaderId, snapshot.Index, marked);
    }

    public void SendPiece(NodeId to, in Piece piece) => _replica.Out.Send(to, new InstallSnapshot
    {
        Term = _replica.CurrentTerm,
        LastIncludedIndex = piece.Index,
        LastIncludedTerm = new Term(piece.Stamp),
        Round = _replica.Role is Leader leader ? leader.Round : 0,
        SentAt = _replica.Now.Nanoseconds,
        Piece = piece.Number,
        PieceCount = piece.Count,
        ConfigurationBytes = piece.Extra,
        Data = piece.Data,
    });
}
