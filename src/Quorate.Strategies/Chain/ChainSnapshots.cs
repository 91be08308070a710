using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>What the chain adds to making, sending and receiving snapshots: how a tail fills a learner, also over
/// epochs.</summary>
internal sealed class ChainSnapshots(ChainReplica replica) : ISnapshotOwner
{
    public LogIndex LastApplied => replica.LastApplied;

    public long BytesSinceSnapshot => replica.Journal.BytesSinceSnapshot;

    public SnapshotHeader MakeHeader() =>
        new(replica.LastApplied, replica.Log.StampAt(replica.LastApplied).Value, default);

    public bool HasOvertaken(LogIndex index) => index <= replica.CommitIndex;

    public void OnSnapshotMade(SnapshotHeader header) => Mark(header);

    public void Handle(NodeId from, SnapshotPiece message)
    {
        if (HasOvertaken(message.Index))
        {
            replica.Position?.Predecessor?.OweAnswer();
            return;
        }

        var piece = new Piece(message.Index, message.IndexEpoch.Value, message.Piece, message.PieceCount, default, message.Data);
        if (!replica.SnapshotMaker.Inbox.TryTake(from, piece, out var next)) return;
        replica.Out.Send(from, new SnapshotAck
        {
            Epoch = replica.Accepted.Epoch,
            Index = message.Index,
            NextPiece = next,
            Incarnation = replica.Incarnation,
        });
    }

    public void OnSnapshotReceived(SnapshotInstallation snapshot)
    {
        if (!HasOvertaken(snapshot.Index))
        {
            snapshot.Complete();
            replica.JumpTo(snapshot.Index, new Epoch(snapshot.Header.Stamp));
        }

        replica.SnapshotMaker.NoteSealed(snapshot.Index, snapshot.Bytes);
        Mark(snapshot.Header);
        replica.Position?.Predecessor?.OweAnswer();
    }

    public void SendPiece(NodeId to, in Piece piece) => replica.Out.Send(to, new SnapshotPiece
    {
        Epoch = replica.Accepted.Epoch,
        Index = piece.Index,
        IndexEpoch = new Epoch(piece.Stamp),
        Piece = piece.Number,
        PieceCount = piece.Count,
        Data = piece.Data,
    });

    private void Mark(SnapshotHeader header) =>
        replica.Journal.MarkSnapshot(header.Index, new Epoch(header.Stamp), replica.Accepted, replica.Out);
}
