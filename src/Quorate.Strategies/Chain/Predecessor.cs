using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>The link up: takes in what the predecessor forwards, and acknowledges. Of one epoch.</summary>
internal sealed class Predecessor(ChainReplica replica, NodeId node)
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
        if (!IsConnected && ++_ticksSinceResume >= replica.Options.ResumeTicks) SendResume();
    }

    /// <summary>Tells where this log ends. [CR §3.3]</summary>
    public void SendResume() => SendResume(replica.Log.LastIndex);

    public void HandleForward(Forward forward)
    {
        SilentTicks = 0;
        var log = replica.Log;
        var prev = forward.PrevIndex;
        if (prev > log.LastIndex || (prev >= log.BaseIndex && log.StampAt(prev) != forward.PrevEpoch))
        {
            Refuse(prev, forward.PrevEpoch);
            return;
        }

        IsConnected = true;
        replica.Verify(TakeIn(prev, forward.Entries.Span));
        if (forward.Stable > Stable) Stable = forward.Stable;
        replica.LearnCommit(forward.Commit);
        if (replica.Verified >= forward.Commit) replica.Accepted.NoteState(replica.Out);
        _owesAnswer |= forward.Ping;
    }

    /// <summary>A snapshot was put in place or not needed: the predecessor should know.</summary>
    public void OweAnswer() => _owesAnswer = true;

    public void OnTurnEnd()
    {
        var durable = LogIndex.Min(replica.Verified, replica.Journal.DurableIndex);
        if (!IsConnected && !_owesAnswer) return;
        if (!_owesAnswer && durable <= _toldDurable && replica.CommitIndex <= _toldCommit) return;
        _owesAnswer = false;
        (_toldDurable, _toldCommit) = (durable, replica.CommitIndex);
        _ack.Epoch = replica.Accepted.Epoch;
        _ack.Received = replica.Verified;
        _ack.Durable = durable;
        _ack.Commit = replica.CommitIndex;
        _ack.Incarnation = replica.Incarnation;
        replica.Out.Send(Node, _ack);
    }

    /// <returns>The last entry up to which the logs agree now.</returns>
    private LogIndex TakeIn(LogIndex last, ReadOnlySpan<byte> frames)
    {
        var log = replica.Log;
        while (!frames.IsEmpty && last < log.LastIndex)
        {
            // What lies before the base is committed: it agrees. Equal epoch and index make equal entries, because a head
            // gives an index once in an epoch.
            if (last.Next > log.BaseIndex && log.StampAt(last.Next) != EntryFrame.StampOf<Epoch>(frames))
            {
                replica.TruncateFrom(last.Next);
                break;
            }

            frames = frames[EntryFrame.LengthOf(frames)..];
            last = last.Next;
        }

        if (frames.IsEmpty) return last;
        replica.Keyed.AppendFrames(frames);
        return log.LastIndex;
    }

    /// <summary>The entry before is not here, or is another: says where the logs could agree.</summary>
    private void Refuse(LogIndex prev, Epoch epoch)
    {
        var log = replica.Log;
        var hint = log.LastNotAbove(LogIndex.Min(prev, log.LastIndex), epoch);
        if (hint == prev) hint = hint.Previous;
        SendResume(LogIndex.Max(hint, replica.CommitIndex));
    }

    private void SendResume(LogIndex last)
    {
        _ticksSinceResume = 0;
        replica.Out.Send(Node, new Resume
        {
            Epoch = replica.Accepted.Epoch,
            LastIndex = last,
            LastEpoch = replica.Log.StampAt(last),
            Incarnation = replica.Incarnation,
        });
    }
}
