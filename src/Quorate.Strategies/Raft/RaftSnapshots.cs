using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>What raft adds to making, sending and receiving snapshots: configurations, quarantine, and InstallSnapshot. [Raft
/// §7]</summary>
internal sealed class RaftSnapshots : ISnapshotOwner
{
    private readonly Step _step;
    private readonly RaftOptions _options;
    private readonly RaftRules _rules;
    private readonly HardState _state;
    private readonly FrameLog<Term> _log;
    private readonly RaftJournal _journal;
    private readonly ConfigurationHistory _configurations;
    private readonly LogBounds _bounds;
    private readonly Commits _commits;
    private readonly LogChanges _changes;
    private readonly Roles _roles;
    private readonly Amnesia<Term> _amnesia;
    private readonly Quarantine _quarantine;
    private readonly long _incarnation;

    public RaftSnapshots(
        Step step, RaftOptions options, RaftRules rules, HardState state, FrameLog<Term> log, RaftJournal journal,
        ConfigurationHistory configurations, LogBounds bounds, Commits commits, LogChanges changes, Roles roles,
        Amnesia<Term> amnesia, Quarantine quarantine, long incarnation, ISnapshots storage, IStateMachine machine)
    {
        (_step, _options, _rules, _state) = (step, options, rules, state);
        (_log, _journal, _configurations, _bounds) = (log, journal, configurations, bounds);
        (_commits, _changes, _roles) = (commits, changes, roles);
        (_amnesia, _quarantine, _incarnation) = (amnesia, quarantine, incarnation);
        Maker = new SnapshotMaker(storage, machine, options.SnapshotSizes, this);
    }

    public SnapshotMaker Maker { get; }

    public LogIndex LastApplied => _commits.LastApplied;

    public long BytesSinceSnapshot => _journal.BytesSinceSnapshot;

    public bool MayMakeSnapshot => !_quarantine.IsPresent;

    public bool MaySendSnapshots => !_quarantine.IsPresent;

    public SnapshotHeader MakeHeader()
    {
        var index = _commits.LastApplied;
        var term = _rules.SnapshotTerm(_log.StampAt(index));
        return new SnapshotHeader(index, term.Value, _configurations.At(index).Encode());
    }

    public bool HasOvertaken(LogIndex index) => index <= _commits.StateIndex;

    public void OnSnapshotMade(SnapshotHeader header) => Mark(header.Index, new Term(header.Stamp));

    public void Handle(Follower follower, NodeId from, InstallSnapshot message)
    {
        if (HasOvertaken(message.LastIncludedIndex))
        {
            var durable = _journal.EntriesPoint > _journal.HardStatePoint ? _journal.EntriesPoint : _journal.HardStatePoint;
            follower.AcknowledgeSnapshot(from, _bounds.CommitIndex, durable);
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
        _step.Out.Send(from, new InstallSnapshotResponse
        {
            Term = _state.CurrentTerm,
            LastIncludedIndex = message.LastIncludedIndex,
            NextPiece = next,
            Round = message.Round,
            SentAt = message.SentAt,
            Incarnation = _incarnation,
        }, _journal.HardStatePoint);
    }

    public void OnSnapshotReceived(SnapshotInstallation snapshot)
    {
        var term = new Term(snapshot.Header.Stamp);
        if (!HasOvertaken(snapshot.Index))
        {
            Invariant.Require(Configuration.TryDecode(snapshot.Header.Extra.Span, out var configuration), "the codec checked it");
            snapshot.Complete();
            _changes.JumpTo(snapshot.Index, term, configuration!);
        }

        Maker.NoteSealed(snapshot.Index, snapshot.Bytes);
        var marked = Mark(snapshot.Index, term);
        if (_roles.Current is Follower { LeaderId.IsNone: false } follower)
            follower.AcknowledgeSnapshot(follower.LeaderId, snapshot.Index, marked);
    }

    public void SendPiece(NodeId to, in Piece piece) => _step.Out.Send(to, new InstallSnapshot
    {
        Term = _state.CurrentTerm,
        LastIncludedIndex = piece.Index,
        LastIncludedTerm = new Term(piece.Stamp),
        Round = _roles.Current is Leader leader ? leader.Round : 0,
        SentAt = _step.Now.Nanoseconds,
        Piece = piece.Number,
        PieceCount = piece.Count,
        ConfigurationBytes = piece.Extra,
        Data = piece.Data,
    });

    /// <summary>A snapshot is durable: the journal before it goes, but for what a later life must know.</summary>
    private PersistPoint Mark(LogIndex index, Term term)
    {
        var isForgetful = _amnesia.IsPresent || !_options.Durable;
        return _journal.MarkSnapshot(
            index, term, _state.CurrentTerm, _state.VotedFor, isForgetful ? _incarnation : 0, _step.Out);
    }
}
