using Quorate.Cluster.Groups;
using Quorate.Cluster.Hosting;
using Quorate.Cluster.Reads;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Sessions;

/// <summary>
/// The reads of one session: answered from the state here when their rule allows, else when leave has been given, else by
/// another replica. Reads that wait together are let go together, and sent to another replica together, so that a pipeline
/// takes one way there and back.
/// </summary>
internal sealed class SessionReads(ClientSession session, SlotQueue slots)
{
    /// <summary>Reads of one run at most.</summary>
    private const int MostInRun = 512;

    private const int MostRunBytes = 1 << 18;

    /// <summary>A replica here that gives no leave for so long is passed over, while others may know.</summary>
    private const long LocalPatience = 300 * StepTime.NanosecondsPerMillisecond;

    /// <summary>Slots before this one were waiting when leave to read was asked for.</summary>
    private long _askedEnd;

    /// <summary>The group that was asked.</summary>
    private Group? _asked;

    /// <summary>The run that is out, or 0; it began with the slot <see cref="_runFirst"/>.</summary>
    private long _run;

    private long _runFirst;
    private int _runCount;

    private ISessionNode Node => session.Node;

    /// <summary>What is to be done with a read of a group that follows a rule.</summary>
    public ReadVerdict Judge(Group group, in ReadRule rule, StepTime now) =>
        group.Judge(rule, rule.FollowsSession ? session.State.Positions : null, now);

    /// <summary>The state here answers the read of a command that nothing comes before.</summary>
    public bool MayReadNow(Group group, in ReadRule rule, StepTime now) =>
        rule.IsNewest ? group.Replica.MayReadLocally(now) : Judge(group, rule, now) == ReadVerdict.Now;

    /// <summary>The words' own rule for one request: the session follows the history from now on if that asks for it.</summary>
    public void Follow(in ReadRule rule)
    {
        if (!rule.FollowsSession || session.State.FollowsHistory) return;
        session.State.FollowsHistory = true;
        session.State.HasMoved = true;
        session.Keyspace.NotePositions(session.State.Positions);
    }

    /// <summary>Executes a read on the state here.</summary>
    /// <returns>False: the log's clock is behind, and nothing was written.</returns>
    public bool TryRead(Group group, CommandSpec spec, in CommandArgs args, in ReadRule rule, bool isSilent, StepTime now)
    {
        var output = session.Output;
        var length = output.Length;
        var isRead = group.TryRead(spec, session.Selected.Database, args, output, rule, now);
        if (!isRead || isSilent) output.Truncate(length);
        if (!isRead) return false;
        var statistics = Node.Statistics.Reads;
        statistics.Here++;
        statistics.Count(rule.Consistency);
        if (session.FollowsHistory) group.NoteRead(session.State.Positions);
        return true;
    }

    /// <summary>Goes on with the read at the head of the queue, which is held.</summary>
    /// <returns>True when it was answered; it is then gone from the queue.</returns>
    public bool TryBegin(ref SessionSlot head, bool inStep, StepTime now)
    {
        var group = head.Group!;
        var verdict = Judge(group, head.Rule, now);
        if (verdict == ReadVerdict.Now && TryReadHead(ref head, now)) return true;
        if (verdict == ReadVerdict.Lost)
        {
            Node.Statistics.Reads.Lost++;
            session.Replies.AnswerHead(ReadReplies.Lost);
            return true;
        }

        if (inStep)
        {
            session.MakeReady();
            return false;
        }

        if (verdict == ReadVerdict.Now) return false; // waits for the log's clock
        if (verdict == ReadVerdict.Elsewhere || IsLate(head, now))
        {
            if (TrySendRun(now)) return false;
            if (verdict == ReadVerdict.Elsewhere) return false; // the next tick looks for a replica again
        }

        if (head.Rule.Consistency == ReadConsistency.Bounded) Node.Statistics.Reads.BoundMissed++;
        head.State = SlotState.Reading;
        (_asked, _askedEnd) = (group, slots.End);
        var isAlone = slots.Count == 1 && head.Rule.IsNewest;
        group.AskForLeave(
            RequestOwner.Client, session.Replies, slots.Head, isAlone ? group.KeyHashOf(head.Spec!, head.Command!.Args) : 0, now);
        return false;
    }

    /// <summary>The replica that was asked has not answered for long: another may.</summary>
    public void OnTick(StepTime now)
    {
        if (slots.Count == 0 || _run != 0) return;
        ref var head = ref slots[slots.Head];
        if (head.State == SlotState.Reading && IsLate(head, now)) TrySendRun(now);
    }

    /// <summary>Leave to read: for the head, and for the reads right behind it that were waiting when it was asked for.</summary>
    public void OnLeave(StepTime now)
    {
        while (slots.Count > 0 && slots.Head < _askedEnd)
        {
            ref var head = ref slots[slots.Head];
            if (!IsRead(head) || head.Group != _asked || head.State is not (SlotState.Reading or SlotState.Held)) return;
            // For the newest, leave is all it takes; the others have rules of their own.
            var isFree = !session.HoldsBack() && (head.Rule.IsNewest || Judge(_asked!, head.Rule, now) == ReadVerdict.Now);
            if (isFree && TryReadHead(ref head, now)) continue;
            head.State = SlotState.Held;
            return;
        }
    }

    public void OnRunAnswered(
        long ticket, GroupId group, in ReadRule rule, in HistoryPoint point, int count, ReadOnlySpan<byte> replies)
    {
        if (!TryEndRun(ticket)) return;
        if (rule.Consistency == ReadConsistency.Session) session.State.Positions.Replace(group, point);
        else if (rule.FollowsSession || session.FollowsHistory) session.State.Positions.Note(group, point);
        Node.Statistics.Reads.CountElsewhere(rule.Consistency, count);
        // The first of them only, when their replies are large: the others are asked for again.
        var first = _runFirst;
        count = Math.Min(count, _runCount);
        Hold(first + count, first + _runCount);
        for (var i = 0; i < count; i++) session.Replies.CompleteSlot(first + i, RunCodec.NextPiece(ref replies));
    }

    public void OnRunLost(long ticket)
    {
        if (!TryEndRun(ticket)) return;
        for (var i = 0; i < _runCount; i++)
        {
            Node.Statistics.Reads.Lost++;
            session.Replies.CompleteSlot(_runFirst + i, ReadReplies.Lost);
        }
    }

    /// <summary>No replica could: they wait until one can, or until the session gives them up.</summary>
    public void OnRunFailed(long ticket)
    {
        if (!TryEndRun(ticket)) return;
        Hold(_runFirst, _runFirst + _runCount);
    }

    /// <summary>How long a command waits: a read that may be answered by a replica nearby is refused sooner than one that must
    /// wait for a new leader.</summary>
    public static long PatienceFor(in SessionSlot slot, long limit) => IsRead(slot) && !slot.Rule.IsNewest ? limit / 5 : limit;

    /// <summary>The read at the head has waited long enough.</summary>
    public void Refuse(in SessionSlot head)
    {
        Node.Statistics.Reads.Refused++;
        session.Replies.CompleteSlot(slots.Head, ReadReplies.Refusal(head.Rule));
    }

    public static bool IsRead(in SessionSlot slot) => slot.Way == CommandWay.Read;

    private static bool IsLate(in SessionSlot head, StepTime now) => now.Nanoseconds - head.SinceNanoseconds > LocalPatience;

    private bool TryReadHead(ref SessionSlot head, StepTime now)
    {
        if (!TryRead(head.Group!, head.Spec!, head.Command!.Args, head.Rule, head.IsSilent, now))
        {
            head.Group!.WaitForClock(session.Replies);
            return false;
        }

        session.PopHead();
        Node.Host.OnSessionOutput(session);
        return true;
    }

    /// <summary>They wait again for a replica that answers them.</summary>
    private void Hold(long from, long end)
    {
        for (var at = from; at < end; at++)
        {
            if (!slots.Contains(at)) continue;
            ref var slot = ref slots[at];
            if (slot.State == SlotState.Reading) slot.State = SlotState.Held;
        }
    }

    private bool TryEndRun(long ticket)
    {
        if (_run != ticket) return false;
        _run = 0;
        return true;
    }

    /// <summary>Sends the reads at the head of the queue to another replica, as many as follow the same rule and go to the same
    /// group.</summary>
    private bool TrySendRun(StepTime now)
    {
        if (_run != 0) return true;
        var (rule, group) = (slots[slots.Head].Rule, slots[slots.Head].Group!);
        var count = 0;
        var bytes = 0;
        for (var at = slots.Head; at < slots.End && count < MostInRun && bytes < MostRunBytes; at++, count++)
        {
            ref var slot = ref slots[at];
            if (!IsRead(slot)
                || slot.Group != group || slot.State is not (SlotState.Held or SlotState.Reading) || slot.Rule != rule)
                break;
            bytes += slot.Command!.Length;
        }

        if (group.Outgoing.Reads is not { } remote) return false;
        var ticket = remote.Begin(session.Replies, rule, count, now);
        if (ticket == 0) return false;
        (_run, _runFirst, _runCount) = (ticket, slots.Head, count);
        for (var at = _runFirst; at < _runFirst + count; at++)
        {
            ref var slot = ref slots[at];
            slot.State = SlotState.Reading;
            remote.Add(ticket, session.Selected.Database, session.Output.Protocol, slot.Command!.Args);
        }

        remote.End(ticket, now);
        return true;
    }
}
