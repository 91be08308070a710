using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>What a backup answers to the replica that feeds it. No answer leaves before what it says is durable.</summary>
internal sealed class Answers(
    Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, PrimaryJournal journal, LogMarks marks, StateHealth health,
    long incarnation)
{
    /// <summary>How often this node has been started: an answer of an earlier life says nothing about this one.</summary>
    public long Incarnation => incarnation;

    /// <summary>The sender speaks in a newer epoch than this replica has heard of: it answers this with the
    /// configuration.</summary>
    public void AskForEpoch(NodeId from) =>
        step.Out.Send(
            from, new AppendResponse { Epoch = accepted.Epoch, Incarnation = incarnation }, journal.ConfigurationPoint);

    /// <summary>The logs do not agree at <paramref name="prev"/>; where they may is a hint.</summary>
    public void Refuse(NodeId from, Epoch epoch, LogIndex prev, Epoch prevEpoch)
    {
        var hint = log.LastNotAbove(prev, prevEpoch);
        if (hint == prev) hint = LogIndex.Max(hint.Previous, default);
        if (!log.HasStampAt(hint)) hint = default;
        step.Out.Send(from, new AppendResponse
        {
            Epoch = epoch,
            LastIndex = prev,
            HintIndex = hint,
            HintEpoch = log.HasStampAt(hint) ? log.StampAt(hint) : default,
            Incarnation = incarnation,
        }, journal.ConfigurationPoint);
    }

    /// <summary>A heartbeat is answered at once, with what is durable; entries when they are durable.</summary>
    public void Acknowledge(NodeId from, Epoch epoch, bool isHeartbeat)
    {
        var after = journal.ConfigurationPoint;
        var match = marks.Verified;
        if (isHeartbeat) match = LogIndex.Min(match, journal.DurableIndex);
        else if (match > journal.DurableIndex && journal.EntriesPoint > after) after = journal.EntriesPoint;
        step.Out.Send(from, Success(epoch, match, marks.Verified), accepted.Rules.AnswerLeavesAfter(after));
    }

    /// <summary>A snapshot was put in place, or was not needed: tells the sender where to go on.</summary>
    public void AcknowledgeSnapshot(NodeId to, LogIndex upTo, PersistPoint after)
    {
        marks.Verify(upTo);
        step.Out.Send(to, Success(accepted.Configuration!.Epoch, upTo, upTo), after);
    }

    private AppendResponse Success(Epoch epoch, LogIndex match, LogIndex last) => new()
    {
        Epoch = epoch,
        Success = true,
        NeedsSnapshot = health.IsLost,
        MatchIndex = match,
        LastIndex = last,
        HintIndex = health.IsLost ? log.BaseIndex : default,
        Incarnation = incarnation,
    };
}
