using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>
/// Takes entries from the primary of the accepted epoch, or from the source that feeds this replica. Where the log
/// differs from the primary's, it is this one that is wrong: what is cut off goes to the lost-and-found first, and if it
/// had been applied, the state is lost with it and a snapshot must replace it.
/// </summary>
internal sealed class Backup(
    Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, PrimaryJournal journal, LogMarks marks, Commits commits,
    StateHealth health, Past past, Answers answers, Arrivals arrivals, Amnesia<Epoch> amnesia, ReadQuestions reads,
    IStateShipping? shipping)
{
    /// <summary>What agreed with an older epoch's primary need not agree with this one's.</summary>
    public void OnEpoch() => marks.Verified = default;

    public void HandleAppend(NodeId from, Append message)
    {
        if (!AgreesAt(message.PrevIndex, message.PrevEpoch))
        {
            answers.Refuse(from, message.Epoch, message.PrevIndex, message.PrevEpoch);
            return;
        }

        var frames = IsFull(message.CommitIndex) ? default : message.Entries.Span;
        var last = message.PrevIndex;
        SkipKnown(ref frames, ref last);
        if (!frames.IsEmpty)
        {
            log.AppendFrames(frames);
            last = log.LastIndex;
            journal.SaveEntries(log, step.Out);
            arrivals.Note(last, step.Now);
        }

        marks.Verify(last);
        answers.Acknowledge(from, message.Epoch, message.Entries.IsEmpty);
        EndAmnesia(message);
        marks.DropIndex = message.DropIndex;
        commits.CommitUpTo(LogIndex.Min(message.CommitIndex, marks.Verified));
        commits.ReleaseReads();
    }

    /// <summary>The newest state instead of the entries between. The state here must be exactly the one it starts from.</summary>
    public void HandleChanges(NodeId from, Changes message)
    {
        if (!StampRuns<Epoch>.TryDecode(message.History.Span, message.Index, message.IndexEpoch, out var history)) return;
        if (!AgreesAt(message.PrevIndex, message.PrevEpoch) || health.IsLost)
        {
            answers.Refuse(from, message.Epoch, message.PrevIndex, message.PrevEpoch);
            return;
        }

        var common = log.LastCommon(history!, message.Index);
        if (common > message.PrevIndex)
        {
            // More is here than the sender knew.
            marks.Verify(common);
            answers.Acknowledge(from, message.Epoch, isHeartbeat: true);
            return;
        }

        if (log.LastIndex > message.PrevIndex) past.GiveUpFrom(message.PrevIndex.Next);
        commits.CommitUpTo(message.PrevIndex);
        // It is sent again, and then the state may be there.
        if (commits.Applier.HasMore) return;
        if (health.IsLost || commits.LastApplied != message.PrevIndex
            || shipping is null || !shipping.TryApplyEffect(message.Index, message.Effect.Span))
        {
            answers.Refuse(from, message.Epoch, message.PrevIndex, message.PrevEpoch);
            return;
        }

        log.Reset(message.Index, message.IndexEpoch, history);
        journal.SaveChanges(
            message.PrevIndex, message.Index, message.IndexEpoch, message.History.Span, message.Effect.Span, step.Out);
        commits.RestoreAt(message.Index);
        marks.Verified = message.Index;
        commits.ReleaseReads();
        answers.Acknowledge(from, message.Epoch, isHeartbeat: false);
    }

    public void AskForReads()
    {
        if (accepted.Leader.IsNone || !reads.TryAsk()) return;
        step.Out.Send(accepted.Leader, new ReadIndex { Epoch = accepted.Configuration!.Epoch, Context = reads.Question });
    }

    public void HandleReadIndexResponse(ReadIndexResponse response)
    {
        if (reads.TryAnswer(response.Context, response.Index)) commits.ReleaseReads();
    }

    private bool AgreesAt(LogIndex index, Epoch epoch)
    {
        if (index.Value == 0) return true;
        return log.HasStampAt(index) && log.StampAt(index) == epoch;
    }

    /// <summary>Passes over entries that are here already; gives up the rest where one differs.</summary>
    private void SkipKnown(ref ReadOnlySpan<byte> frames, ref LogIndex last)
    {
        while (!frames.IsEmpty && last < log.LastIndex)
        {
            // Before the history begins nothing can be compared: what was known that long ago agrees, or the next
            // comparison fails.
            if (log.HasStampAt(last.Next) && log.StampAt(last.Next) != EntryFrame.StampOf<Epoch>(frames))
            {
                past.GiveUpFrom(last.Next);
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
        health.IsLost
            && accepted.Options.Ship == Ship.Log && log.Bytes > 4 * accepted.Options.MaxLagBytes
            && commitIndex >= log.BaseIndex;

    private void EndAmnesia(Append message)
    {
        if (message.Epoch != accepted.Configuration!.Epoch) return;
        amnesia.OnLeaderReport(message.Epoch, message.BackupIncarnation, message.LastIndex);
        if (amnesia.TryEnd(message.Epoch, marks.Verified) && accepted.Options.Durable)
            journal.SaveMark(RecordKind.Remembers, step.Out);
    }
}
