using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>What the chain adds to making, sending and receiving snapshots: how a tail fills a learner, also over
/// epochs.</summary>
internal sealed class ChainSnapshots : ISnapshotOwner
{
    private readonly Step _step;
    private readonly AcceptedEpoch _accepted;
    private readonly FrameLog<Epoch> _log;
    private readonly ChainJournal _journal;
    private readonly Commits _commits;
    private readonly Place _place;
    private readonly long _incarnation;

    public ChainSnapshots(
        Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, ChainJournal journal, Commits commits, Place place,
        long incarnation, ISnapshots storage, IStateMachine machine)
    {
        (_step, _accepted, _log, _journal) = (step, accepted, log, journal);
        (_commits, _place, _incarnation) = (commits, place, incarnation);
        Maker = new SnapshotMaker(storage, machine, accepted.Options.SnapshotSizes, this);
    }

    public SnapshotMaker Maker { get; }

    public LogIndex LastApplied => _commits.LastApplied;

    public long BytesSinceSnapshot => _journal.BytesSinceSnapshot;

    public SnapshotHeader MakeHeader() =>
        new(_commits.LastApplied, _log.StampAt(_commits.LastApplied).Value, default);

    public bool HasOvertaken(LogIndex index) => index <= _commits.CommitIndex;

    public void OnSnapshotMade(SnapshotHeader header) => Mark(header);

    public void Handle(NodeId from, SnapshotPiece message)
    {
        if (HasOvertaken(message.Index))
        {
            _place.Position?.Predecessor?.OweAnswer();
            return;
        }

        var piece = new Piece(message.Index, message.IndexEpoch.Value, message.Piece, message.PieceCount, default, message.Data);
        if (!Maker.Inbox.TryTake(from, piece, out var next)) return;
        _step.Out.Send(from, new SnapshotAck
        {
            Epoch = _accepted.Epoch,
            Index = message.Index,
            NextPiece = next,
            Incarnation = _incarnation,
        });
    }

    public void OnSnapshotReceived(SnapshotInstallation snapshot)
    {
        if (!HasOvertaken(snapshot.Index))
        {
            snapshot.Complete();
            _commits.JumpTo(snapshot.Index, new Epoch(snapshot.Header.Stamp));
        }

        Maker.NoteSealed(snapshot.Index, snapshot.Bytes);
        Mark(snapshot.Header);
        _place.Position?.Predecessor?.OweAnswer();
    }

    public void SendPiece(NodeId to, in Piece piece) => _step.Out.Send(to, new SnapshotPiece
    {
        Epoch = _accepted.Epoch,
        Index = piece.Index,
        IndexEpoch = new Epoch(piece.Stamp),
        Piece = piece.Number,
        PieceCount = piece.Count,
        Data = piece.Data,
    });

    private void Mark(SnapshotHeader header) =>
        _journal.MarkSnapshot(header.Index, new Epoch(header.Stamp), _accepted, _step.Out);
}
