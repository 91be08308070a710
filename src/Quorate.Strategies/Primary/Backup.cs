using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>
/// Takes entries from the primary of the accepted epoch, or from the source that feeds this replica. Where the log
/// differs from the primary's, it is this one that is wrong: what is cut off goes to the lost-and-found first, and if it
/// had been applied, the state is lost with it and a snapshot must replace it.
/// </summary>
internal sealed class Backup(PrimaryReplica replica)
{
    /// <summary>The log agrees with that of this epoch's primary up to here; more may, less may not.</summary>
    private LogIndex _verified;

    /// <summary>The log agrees with that of this epoch's primary at least up to here.</summary>
    public LogIndex Verified => _verified;

    /// <summary>One question for the primary's commit index is on its way; later reads gather behind it.</summary>
    public ReadQuestions Reads { get; } = new(new QuestionNumbers(replica.Incarnation), 2 * replica.Options.HeartbeatTicks);

    /// <summary>What agreed with an older epoch's primary need not agree with this one's.</summary>
    public void OnEpoch() => _verified = default;

    public void OnLogEnds(LogIndex last) => _verified = LogIndex.Min(_verified, last);

    public void HandleAppend(NodeId from, Append message)
    {
        if (!AgreesAt(message.PrevIndex, message.PrevEpoch))
        {
            Refuse(from, message.Epoch, message.PrevIndex, message.PrevEpoch);
            return;
        }

        var log = replica.Log;
        var frames = IsFull(message.CommitIndex) ? default : message.Entries.Span;
        var last = message.PrevIndex;
        SkipKnown(ref frames, ref last);
        if (!frames.IsEmpty)
        {
            log.AppendFrames(frames);
            last = log.LastIndex;
            replica.Journal.SaveEntries(log, replica.Out);
            replica.Arrivals.Note(last, replica.Now);
        }

        _verified = LogIndex.Max(_verified, last);
        Acknowledge(from, message.Epoch, message.Entries.IsEmpty);
        EndAmnesia(message);
        replica.DropIndex = message.DropIndex;
        replica.CommitUpTo(LogIndex.Min(message.CommitIndex, _verified));
        ReleaseReads();
    }

    /// <summary>The newest state instead of the entries between. The state here must be exactly the one it starts from.</summary>
    public void HandleChanges(NodeId from, Changes message)
    {
        if (!StampRuns<Epoch>.TryDecode(message.History.Span, message.Index, message.IndexEpoch, out var history)) return;
        var log = replica.Log;
        if (!AgreesAt(message.PrevIndex, message.PrevEpoch) || replica.Past.IsStateLost)
        {
            Refuse(from, message.Epoch, message.PrevIndex, message.PrevEpoch);
            return;
        }

        var common = log.LastCommon(history!, message.Index);
        if (common > message.PrevIndex)
        {
            // More is here than the sender knew.
            _verified = LogIndex.Max(_verified, common);
            Acknowledge(from, message.Epoch, isHeartbeat: true);
            return;
        }

        if (log.LastIndex > message.PrevIndex) replica.Past.GiveUpFrom(message.PrevIndex.Next);
        replica.CommitUpTo(message.PrevIndex);
        // It is sent again, and then the state may be there.
        if (replica.Applier.HasMore) return;
        if (replica.Past.IsStateLost || replica.LastApplied != message.PrevIndex
            || replica.Shipping is not { } shipping || !shipping.TryApplyEffect(message.Index, message.Effect.Span))
        {
            Refuse(from, message.Epoch, message.PrevIndex, message.PrevEpoch);
            return;
        }

        log.Reset(message.Index, message.IndexEpoch, history);
        replica.Journal.SaveChanges(
            message.PrevIndex, message.Index, message.IndexEpoch, message.History.Span, message.Effect.Span, replica.Out);
        replica.RestoreAt(message.Index);
        _verified = message.Index;
        ReleaseReads();
        Acknowledge(from, message.Epoch, isHeartbeat: false);
    }

    /// <summary>A snapshot was put in place, or was not needed: tells the sender where to go on.</summary>
    public void AcknowledgeSnapshot(NodeId to, LogIndex upTo, PersistPoint after)
    {
        _verified = LogIndex.Max(_verified, upTo);
        replica.Out.Send(to, Answer(replica.Configuration!.Epoch, upTo, upTo), after);
        ReleaseReads();
    }

    public void AskForReads()
    {
        if (replica.Leader.IsNone || !Reads.TryAsk()) return;
        replica.Out.Send(replica.Leader, new ReadIndex { Epoch = replica.Configuration!.Epoch, Context = Reads.Question });
    }

    /// <summary>Lets go the reads whose index the state here has reached.</summary>
    public void ReleaseReads()
    {
        // One that was the primary and shipped state may hold what it executed and nobody committed.
        if (replica.Past.IsStateLost || replica.LastApplied > replica.CommitIndex) return;
        // Counter-example without the second half. 1. A primary that is cut off applies entries 5 and 6. 2. Another takes over
        // and commits a 5 of its own. 3. The old one comes back, asks, and hears 5: it has applied that much, but of what
        // the group gave up.
        Reads.Release(LogIndex.Min(replica.LastApplied, _verified), replica.Out);
    }

    private bool AgreesAt(LogIndex index, Epoch epoch)
    {
        if (index.Value == 0) return true;
        return replica.Log.HasStampAt(index) && replica.Log.StampAt(index) == epoch;
    }

    /// <summary>Passes over entries that are here already; gives up the rest where one differs.</summary>
    private void SkipKnown(ref ReadOnlySpan<byte> frames, ref LogIndex last)
    {
        var log = replica.Log;
        while (!frames.IsEmpty && last < log.LastIndex)
        {
            // Before the history begins nothing can be compared: what was known that long ago agrees, or the next
            // comparison fails.
            if (log.HasStampAt(last.Next) && log.StampAt(last.Next) != EntryFrame.StampOf<Epoch>(frames))
            {
                replica.Past.GiveUpFrom(last.Next);
                return;
            }

            frames = frames[EntryFrame.LengthOf(frames)..];
            last = last.Next;
        }
    }

    /// <summary>Without its state a replica goes on keeping the log, for its copy counts; but not without end. Only once the
    /// primary has committed enough to make the snapshot that is waited for: until then it may need this very copy. (A primary
    /// that ships state makes one only when nothing is out, and one batch is out at a time: there the batch is the
    /// bound.)</summary>
    private bool IsFull(LogIndex commitIndex) =>
        replica.Past.IsStateLost
            && replica.Options.Ship == Ship.Log && replica.Log.Bytes > 4 * replica.Options.MaxLagBytes
            && commitIndex >= replica.Log.BaseIndex;

    private void Refuse(NodeId from, Epoch epoch, LogIndex prev, Epoch prevEpoch)
    {
        var log = replica.Log;
        var hint = log.LastNotAbove(prev, prevEpoch);
        if (hint == prev) hint = LogIndex.Max(hint.Previous, default);
        if (!log.HasStampAt(hint)) hint = default;
        replica.Out.Send(from, new AppendResponse
        {
            Epoch = epoch,
            LastIndex = prev,
            HintIndex = hint,
            HintEpoch = log.HasStampAt(hint) ? log.StampAt(hint) : default,
            Incarnation = replica.Incarnation,
        }, replica.Journal.ConfigurationPoint);
    }

    /// <summary>A heartbeat is answered at once, with what is durable; entries when they are durable.</summary>
    private void Acknowledge(NodeId from, Epoch epoch, bool isHeartbeat)
    {
        var journal = replica.Journal;
        var after = journal.ConfigurationPoint;
        var match = _verified;
        if (isHeartbeat) match = LogIndex.Min(_verified, journal.DurableIndex);
        else if (_verified > journal.DurableIndex && journal.EntriesPoint > after) after = journal.EntriesPoint;
        replica.Out.Send(from, Answer(epoch, match, _verified), replica.Rules.AnswerLeavesAfter(after));
    }

    private AppendResponse Answer(Epoch epoch, LogIndex match, LogIndex last) => new()
    {
        Epoch = epoch,
        Success = true,
        NeedsSnapshot = replica.Past.IsStateLost,
        MatchIndex = match,
        LastIndex = last,
        HintIndex = replica.Past.IsStateLost ? replica.Log.BaseIndex : default,
        Incarnation = replica.Incarnation,
    };

    private void EndAmnesia(Append message)
    {
        if (message.Epoch != replica.Configuration!.Epoch) return;
        replica.Amnesia.OnLeaderReport(message.Epoch, message.BackupIncarnation, message.LastIndex);
        if (replica.Amnesia.TryEnd(message.Epoch, _verified) && replica.Options.Durable)
            replica.Journal.SaveMark(RecordKind.Remembers, replica.Out);
    }
}
