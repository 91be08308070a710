using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>What the chain adds to making, sending and receiving snapshots: how a tail fills a learner, also over
/// epochs.</summary>
internal sealed class ChainSnapshots : ISnapshotOwner
{
    private readonly ChainReplica _replica;

    public ChainSnapshots(ChainReplica replica, ISnapshots storage, IStateMachine machine)
    {
        _replica = replica;
        Maker = new SnapshotMaker(storage, machine, replica.Options.SnapshotSizes, this);
    }

    public SnapshotMaker Maker { get; }

    public LogIndex LastApplied => _replica.LastApplied;

    public long BytesSinceSnapshot => _replica.Journal.BytesSinceSnapshot;

    public SnapshotHeader MakeHeader() =>
        new(_replica.LastApplied, _replica.Log.StampAt(_replica.LastApplied).Value, default);

    public bool HasOvertaken(LogIndex index) => index <= _replica.CommitIndex;

    public void OnSnapshotMade(SnapshotHeader header) => Mark(header);

    public void Handle(NodeId from, SnapshotPiece message)
    {
        if (HasOvertaken(message.Index))
        {
            _replica.Position?.Predecessor?.OweAnswer();
            return;
        }

        var piece = new Piece(message.Index, message.IndexEpoch.Value, message.Piece, message.PieceCount, default, message.Data);
        if (!Maker.Inbox.TryTake(from, piece, out var next)) return;
        _replica.Out.Send(from, new SnapshotAck
        {
            Epoch = _replica.Accepted.Epoch,
            Index = message.Index,
            NextPiece = next,
            Incarnation = _replica.Incarnation,
        });
    }

    public void OnSnapshotReceived(SnapshotInstallation snapshot)
    {
        if (!HasOvertaken(snapshot.Index))
        {
            snapshot.Complete();
            _replica.JumpTo(snapshot.Index, new Epoch(snapshot.Header.Stamp));
        }

        Maker.NoteSealed(snapshot.Index, snapshot.Bytes);
        Mark(snapshot.Header);
        _replica.Position?.Predecessor?.OweAnswer();
    }

    public void SendPiece(NodeId to, in Piece piece) => _replica.Out.Send(to, new SnapshotPiece
    {
        Epoch = _replica.Accepted.Epoch,
        Index = piece.Index,
        IndexEpoch = new Epoch(piece.Stamp),
        Piece = piece.Number,
        PieceCount = piece.Count,
        Data = piece.Data,
    });

    private void Mark(SnapshotHeader header) =>
        _replica.Journal.MarkSnapshot(header.Index, new Epoch(header.Stamp), _replica.Accepted, _replica.Out);
}
