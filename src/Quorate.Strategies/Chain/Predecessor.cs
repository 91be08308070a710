using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>The link up: takes in what the predecessor forwards, and acknowledges. Of one epoch.</summary>
internal sealed class Predecessor(
    Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, KeyedLog keyed, ChainJournal journal, Commits commits,
    long incarnation, NodeId node)
{
    private readonly Acknowledge _ack = new();
    private bool _owesAnswer;
    private LogIndex _toldDurable;
    private LogIndex _toldCommit;
    private int _ticksSinceResume;

    public NodeId Node { get; } = node;

    /// <summary>It has fed this replica in this epoch.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Every replica before this one has the head's log durably up to here.</summary>
    public LogIndex Stable { get; private set; }

    public int SilentTicks { get; private set; }

    public void OnTick()
    {
        SilentTicks++;
        // The predecessor may not have accepted the epoch yet, or the message was lost.
        if (!IsConnected && ++_ticksSinceResume >= accepted.Options.ResumeTicks) SendResume();
    }

    /// <summary>Tells where this log ends. [CR §3.3]</summary>
    public void SendResume() => SendResume(log.LastIndex);

    public void HandleForward(Forward forward)
    {
        SilentTicks = 0;
        var prev = forward.PrevIndex;
        if (prev > log.LastIndex || (prev >= log.BaseIndex && log.StampAt(prev) != forward.PrevEpoch))
        {
            Refuse(prev, forward.PrevEpoch);
            return;
        }

        IsConnected = true;
        commits.Verify(TakeIn(prev, forward.Entries.Span));
        if (forward.Stable > Stable) Stable = forward.Stable;
        commits.LearnCommit(forward.Commit);
        if (commits.Verified >= forward.Commit) accepted.NoteState();
        _owesAnswer |= forward.Ping;
    }

    /// <summary>A snapshot was put in place or not needed: the predecessor should know.</summary>
    public void OweAnswer() => _owesAnswer = true;

    public void OnTurnEnd()
    {
        var durable = LogIndex.Min(commits.Verified, journal.DurableIndex);
        if (!IsConnected && !_owesAnswer) return;
        if (!_owesAnswer && durable <= _toldDurable && commits.CommitIndex <= _toldCommit) return;
        _owesAnswer = false;
        (_toldDurable, _toldCommit) = (durable, commits.CommitIndex);
        _ack.Epoch = accepted.Epoch;
        _ack.Received = commits.Verified;
        _ack.Durable = durable;
        _ack.Commit = commits.CommitIndex;
        _ack.Incarnation = incarnation;
        step.Out.Send(Node, _ack);
    }

    /// <returns>The last entry up to which the logs agree now.</returns>
    private LogIndex TakeIn(LogIndex last, ReadOnlySpan<byte> frames)
    {
        while (!frames.IsEmpty && last < log.LastIndex)
        {
            // What lies before the base is committed: it agrees. Equal epoch and index make equal entries, because a head
            // gives an index once in an epoch.
            if (last.Next > log.BaseIndex && log.StampAt(last.Next) != EntryFrame.StampOf<Epoch>(frames))
            {
                commits.CutFrom(last.Next);
                break;
            }

            frames = frames[EntryFrame.LengthOf(frames)..];
            last = last.Next;
        }

        if (frames.IsEmpty) return last;
        keyed.AppendFrames(frames);
        return log.LastIndex;
    }

    /// <summary>The entry before is not here, or is another: says where the logs could agree.</summary>
    private void Refuse(LogIndex prev, Epoch epoch)
    {
        var hint = log.LastNotAbove(LogIndex.Min(prev, log.LastIndex), epoch);
        if (hint == prev) hint = hint.Previous;
        SendResume(LogIndex.Max(hint, commits.CommitIndex));
    }

    private void SendResume(LogIndex last)
    {
        _ticksSinceResume = 0;
        step.Out.Send(Node, new Resume
        {
            Epoch = accepted.Epoch,
            LastIndex = last,
            LastEpoch = log.StampAt(last),
            Incarnation = incarnation,
        });
    }
}
