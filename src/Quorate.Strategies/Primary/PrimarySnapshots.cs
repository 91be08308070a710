using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>What this strategy adds to making, sending and receiving snapshots: a state may belong to a past that is not the
/// group's, or be ahead of what is committed.</summary>
internal sealed class PrimarySnapshots : ISnapshotOwner
{
    private readonly Step _step;
    private readonly AcceptedEpoch _accepted;
    private readonly FrameLog<Epoch> _log;
    private readonly PrimaryJournal _journal;
    private readonly LogMarks _marks;
    private readonly Commits _commits;
    private readonly StateHealth _health;
    private readonly Role _role;
    private readonly Amnesia<Epoch> _amnesia;
    private readonly Answers _answers;
    private readonly StateReplacement _replacement;

    public PrimarySnapshots(
        Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, PrimaryJournal journal, LogMarks marks, Commits commits,
        StateHealth health, Role role, Amnesia<Epoch> amnesia, Answers answers, StateReplacement replacement,
        ISnapshots storage, IStateMachine machine)
    {
        (_step, _accepted, _log, _journal, _marks) = (step, accepted, log, journal, marks);
        (_commits, _health, _role, _amnesia) = (commits, health, role, amnesia);
        (_answers, _replacement) = (answers, replacement);
        Maker = new SnapshotMaker(storage, machine, accepted.Options.SnapshotSizes, this);
    }

    public SnapshotMaker Maker { get; }

    public LogIndex LastApplied => _commits.LastApplied;

    public long BytesSinceSnapshot => _journal.BytesSinceSnapshot;

    /// <summary>What is in it must be in the journal (a snapshot that the log knows nothing of is not believed at the next
    /// start) and committed, but for a primary whose executed batch waits for a backup that needs this very snapshot.</summary>
    public bool MayMakeSnapshot =>
        !_health.IsLost && _commits.LastApplied <= _journal.DurableIndex
        && (_commits.LastApplied <= _marks.CommitIndex || _role.Serving?.IsStuck == true);

    /// <summary>A source's own may be of a past that is not the group's, until its log is known to agree that far.</summary>
    public bool MaySendSnapshots => _role.Serving is not null || _commits.LastApplied <= _marks.Verified;

    public SnapshotHeader MakeHeader()
    {
        var index = _commits.LastApplied;
        var past = SnapshotPast.Encode(_log, index, _marks.CommitIndex);
        return new SnapshotHeader(index, _log.StampAt(index).Value, past);
    }

    public bool HasOvertaken(LogIndex index) => index <= _marks.CommitIndex && !_health.IsLost;

    /// <summary>One that was received before another primary took over may be of a past that is not the group's.</summary>
    public bool IsOfThisHistory(SnapshotHeader header) => IsInLog(header.Index, new Epoch(header.Stamp));

    public void OnSnapshotMade(SnapshotHeader header) => Mark(header.Index, new Epoch(header.Stamp));

    public void Handle(NodeId from, InstallSnapshot message)
    {
        if (!_health.IsLost && IsInLog(message.Index, message.IndexEpoch))
        {
            var (entries, configuration) = (_journal.EntriesPoint, _journal.ConfigurationPoint);
            Acknowledge(from, message.Index, after: entries > configuration ? entries : configuration);
            return;
        }

        if (WouldLeaveGap(message.Index)) return;
        var piece = new Piece(
            message.Index, message.IndexEpoch.Value, message.Piece, message.PieceCount, message.Past, message.Data);
        if (!Maker.Inbox.TryTake(from, piece, out var next)) return;
        _step.Out.Send(from, new InstallSnapshotResponse
        {
            Epoch = message.Epoch,
            Index = message.Index,
            NextPiece = next,
            Incarnation = _answers.Incarnation,
        }, _journal.ConfigurationPoint);
    }

    public void OnSnapshotReceived(SnapshotInstallation snapshot)
    {
        var (index, epoch) = (snapshot.Index, new Epoch(snapshot.Header.Stamp));
        // Never older than what is here: it would be the state before entries that were answered for.
        if (!_health.IsLost && index <= _commits.LastApplied && _log.StampAt(index) == epoch) return;
        if (WouldLeaveGap(index)) return;
        Invariant.Require(SnapshotPast.TryDecode(snapshot.Header.Extra.Span, index, epoch, out var past), "the codec checked it");
        snapshot.Complete();
        _replacement.JumpTo(index, epoch, past);
        Maker.NoteSealed(index, snapshot.Bytes);
        var marked = Mark(index, epoch);
        if (_accepted.Configuration is { Leader.IsNone: false } && snapshot.Source != _accepted.Self)
            Acknowledge(snapshot.Source, index, marked);
    }

    public void SendPiece(NodeId to, in Piece piece) => _step.Out.Send(to, new InstallSnapshot
    {
        Epoch = _accepted.Configuration!.Epoch,
        Index = piece.Index,
        IndexEpoch = new Epoch(piece.Stamp),
        Piece = piece.Number,
        PieceCount = piece.Count,
        Past = piece.Extra,
        Data = piece.Data,
    });

    private void Acknowledge(NodeId to, LogIndex upTo, PersistPoint after)
    {
        _answers.AcknowledgeSnapshot(to, upTo, after);
        _commits.ReleaseReads();
    }

    /// <summary>A snapshot is durable: the journal before it goes, but for what a later life must know.</summary>
    private PersistPoint Mark(LogIndex index, Epoch epoch) => _journal.MarkSnapshot(
        index, epoch, _marks.DropIndex, _accepted.Configuration,
        _amnesia.IsPresent || !_accepted.Options.Durable ? _answers.Incarnation : 0, _step.Out);

    private bool IsInLog(LogIndex index, Epoch epoch) => _log.HasStampAt(index) && _log.StampAt(index) == epoch;

    /// <summary>The log, whose entries were answered for, begins after the snapshot.</summary>
    private bool WouldLeaveGap(LogIndex index) => _health.IsLost && index < _log.BaseIndex;
}
