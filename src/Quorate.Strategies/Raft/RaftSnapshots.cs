using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>What raft adds to making, sending and receiving snapshots: configurations, quarantine, and InstallSnapshot. [Raft
/// §7]</summary>
internal sealed class RaftSnapshots(RaftReplica replica) : ISnapshotOwner
{
    public LogIndex LastApplied => replica.LastApplied;

    public long BytesSinceSnapshot => replica.Journal.BytesSinceSnapshot;

    public bool MayMakeSnapshot => !replica.Quarantine.IsPresent;

    public bool MaySendSnapshots => !replica.Quarantine.IsPresent;

    public SnapshotHeader MakeHeader()
    {
        var index = replica.LastApplied;
        var term = replica.Rules.SnapshotTerm(replica.Log.StampAt(index));
        return new SnapshotHeader(index, term.Value, replica.Configurations.At(index).Encode());
    }

    public bool HasOvertaken(LogIndex index) => index <= replica.Commits.StateIndex;

    public void OnSnapshotMade(SnapshotHeader header) => Mark(header.Index, new Term(header.Stamp));

    public void Handle(Follower follower, NodeId from, InstallSnapshot message)
    {
        var journal = replica.Journal;
        if (HasOvertaken(message.LastIncludedIndex))
        {
            var durable = journal.EntriesPoint > journal.HardStatePoint ? journal.EntriesPoint : journal.HardStatePoint;
            follower.AcknowledgeSnapshot(from, replica.CommitIndex, durable);
            return;
        }

        var piece = new Piece(
            message.LastIncludedIndex,
            message.LastIncludedTerm.Value,
            message.Piece,
            message.PieceCount,
            message.ConfigurationBytes,
            message.Data);
        if (!replica.SnapshotMaker.Inbox.TryTake(from, piece, out var next)) return;
        replica.Out.Send(from, new InstallSnapshotResponse
        {
            Term = replica.CurrentTerm,
            LastIncludedIndex = message.LastIncludedIndex,
            NextPiece = next,
            Round = message.Round,
            SentAt = message.SentAt,
            Incarnation = replica.Incarnation,
        }, journal.HardStatePoint);
    }

    public void OnSnapshotReceived(SnapshotInstallation snapshot)
    {
        var term = new Term(snapshot.Header.Stamp);
        if (!HasOvertaken(snapshot.Index))
        {
            Invariant.Require(Configuration.TryDecode(snapshot.Header.Extra.Span, out var configuration), "the codec checked it");
            snapshot.Complete();
            replica.Changes.JumpTo(snapshot.Index, term, configuration!);
        }

        replica.SnapshotMaker.NoteSealed(snapshot.Index, snapshot.Bytes);
        var marked = Mark(snapshot.Index, term);
        if (replica.Role is Follower { LeaderId.IsNone: false } follower)
            follower.AcknowledgeSnapshot(follower.LeaderId, snapshot.Index, marked);
    }

    public void SendPiece(NodeId to, in Piece piece) => replica.Out.Send(to, new InstallSnapshot
    {
        Term = replica.CurrentTerm,
        LastIncludedIndex = piece.Index,
        LastIncludedTerm = new Term(piece.Stamp),
        Round = replica.Role is Leader leader ? leader.Round : 0,
        SentAt = replica.Now.Nanoseconds,
        Piece = piece.Number,
        PieceCount = piece.Count,
        ConfigurationBytes = piece.Extra,
        Data = piece.Data,
    });

    /// <summary>A snapshot is durable: the journal before it goes, but for what a later life must know.</summary>
    private PersistPoint Mark(LogIndex index, Term term)
    {
        var isForgetful = replica.Amnesia.IsPresent || !replica.Options.Durable;
        return replica.Journal.MarkSnapshot(
            index, term, replica.CurrentTerm, replica.HardState.VotedFor, isForgetful ? replica.Incarnation : 0, replica.Out);
    }
}
