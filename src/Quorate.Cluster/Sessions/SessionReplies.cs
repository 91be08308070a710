using Quorate.Cluster.Reads;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Sessions;

/// <summary>A session as groups see it: takes the replies to its commands, in whatever order they come, and puts them into the
/// client's output in the order of the commands.</summary>
internal sealed class SessionReplies(ClientSession session, SlotQueue slots) : IReader
{
    public int Protocol => session.Output.Protocol;

    public bool FollowsHistory => session.FollowsHistory;

    public SessionPositions Positions => session.State.Positions;

    private ISessionNode Node => session.Node;

    /// <inheritdoc/>
    public RespWriter? WriterFor(long slot) =>
        !session.IsGone && slot == slots.Head && slots.Count > 0 && slots[slot] is { State: not SlotState.Done, IsSilent: false }
            ? session.Output : null;

    /// <inheritdoc/>
    public void OnHeadWritten()
    {
        session.PopHead();
        Node.Host.OnSessionOutput(session);
        session.Advance(inStep: true);
    }

    /// <summary>Answers the command at the head, without going on to the next.</summary>
    public void AnswerHead(ReadOnlySpan<byte> reply)
    {
        if (!slots[slots.Head].IsSilent) Write(reply);
        session.PopHead();
        Node.Host.OnSessionOutput(session);
    }

    /// <inheritdoc/>
    public void CompleteSlot(long slot, ReadOnlySpan<byte> reply)
    {
        if (session.IsGone || !slots.Contains(slot) || slots[slot].State == SlotState.Done) return;
        ref var s = ref slots[slot];
        if (s.IsSilent) reply = default;
        if (slot == slots.Head)
        {
            Write(reply);
            OnHeadWritten();
            return;
        }

        s.State = SlotState.Done;
        s.Reply = reply.ToArray();
    }

    /// <inheritdoc/>
    public void OnOutcome(long slot, in Outcome outcome)
    {
        if (session.IsGone || !slots.Contains(slot)) return;
        ref var s = ref slots[slot];
        switch (s.State)
        {
            case SlotState.Writing:
                CompleteSlot(slot, s.Group!.Commands.OfFailure(outcome, s.IsRead));
                break;
            case SlotState.Reading when outcome.Kind == OutcomeKind.ReadNow && slot == slots.Head:
                session.Reads.OnLeave(Node.Now);
                session.Advance(inStep: true);
                break;
            case SlotState.Reading:
                s.State = SlotState.Held; // asked for again by the next tick or the next leader
                break;
        }
    }

    public void Write(ReadOnlySpan<byte> reply)
    {
        if (reply.Length > 0 && reply[0] == (byte)'-') Node.Statistics.CountError(reply[1..]);
        session.Output.Raw(reply);
    }

    public void NoteSeen(GroupId group, in HistoryPoint point) => session.State.Positions.Note(group, point);

    public void MakeReady() => session.MakeReady();

    public void OnRunAnswered(
        long ticket, GroupId group, in ReadRule rule, in HistoryPoint point, int count, ReadOnlySpan<byte> replies) =>
        session.Reads.OnRunAnswered(ticket, group, rule, point, count, replies);

    public void OnRunLost(long ticket) => session.Reads.OnRunLost(ticket);

    public void OnRunFailed(long ticket) => session.Reads.OnRunFailed(ticket);
}
