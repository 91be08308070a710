using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>How a replica feeds the one behind it.</summary>
public enum FeedState : byte
{
    /// <summary>Where the logs agree is not known: one Forward at a time.</summary>
    Probe,

    /// <summary>The logs agree: Forwards are pipelined.</summary>
    Replicate,

    /// <summary>It needs entries that are gone: it is sent a snapshot.</summary>
    Snapshot,
}

/// <summary>The link down, of one epoch: to the successor in the chain, or from the tail to a learner.</summary>
internal sealed class Successor(
    Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, Commits commits, SnapshotMaker maker, NodeId node,
    bool isLearner)
{
    private readonly Inflight _inflight = new();

    // Encoded as it is sent, hence one for all.
    private readonly Forward _forward = new();
    private bool _probeSent = true;

    /// <summary>Where the last probe began; 0 before the first.</summary>
    private LogIndex _probedFrom;
    private LogIndex _toldStable;
    private int _ticksSincePing;
    private SnapshotSender? _transfer;

    public NodeId Node { get; } = node;

    /// <summary>At first it waits for the successor to say where its log ends.</summary>
    public FeedState State { get; private set; } = FeedState.Probe;

    /// <summary>The next entry to send.</summary>
    public LogIndex NextIndex { get; private set; } = commits.Verified.Next;

    /// <summary>The log there agrees with this one and is durable up to here, as said in its present life.</summary>
    public LogIndex Durable { get; private set; }

    /// <summary>0 before it was heard in this epoch.</summary>
    public long Incarnation { get; private set; }

    public int SilentTicks { get; private set; }

    public bool IsSilent => SilentTicks >= accepted.Options.SilenceTicks;

    /// <summary>The log before this index is not needed for it.</summary>
    public LogIndex NeededFrom =>
        LogIndex.Max(
            Durable, _transfer is { Index.Value: 0 } ? maker.IndexInMaking : _transfer?.Index ?? default);

    public void OnTick()
    {
        SilentTicks++;
        if (++_ticksSincePing < accepted.Options.HeartbeatTicks) return;
        _ticksSincePing = 0;
        switch (State)
        {
            case FeedState.Probe:
                _probeSent = false;
                break;
            case FeedState.Replicate:
                // This is how a loss is noticed: the receiver lacks the entry before.
                SendNothing(ping: true);
                break;
            case FeedState.Snapshot:
                _transfer!.OnHeartbeat();
                // Pieces go only to who answers. Whoever had nothing to answer, because the snapshot was long in the making, is
                // asked.
                if (IsSilent) Send(log.BaseIndex, ping: true);
                break;
        }
    }

    /// <summary>Sends what there is to send and may be sent now.</summary>
    public void Send()
    {
        if (State != FeedState.Snapshot && NextIndex.Previous < log.BaseIndex) MakeUpForForgotten();
        switch (State)
        {
            case FeedState.Probe when !_probeSent:
                _probeSent = true;
                _probedFrom = NextIndex;
                SendEntries(ping: true);
                break;
            case FeedState.Replicate:
                while (NextIndex <= commits.Verified
                    && _inflight.HasRoom(log.BytesFrom(NextIndex), accepted.Options.InflightBounds, step.Now))
                    SendEntries(ping: false);
                if (!isLearner && commits.Stable > _toldStable) SendNothing(ping: false);
                break;
            case FeedState.Snapshot when !IsSilent:
                _transfer!.Send(maker, Node, log.BaseIndex);
                break;
        }
    }

    public void HandleAck(Acknowledge ack)
    {
        if (!Hear(ack.Incarnation)) return;
        // A replica that was restarted may have lost what it had passed on in its earlier life.
        var (durable, received) = (
            LogIndex.Min(ack.Durable, log.LastIndex), LogIndex.Min(ack.Received, log.LastIndex));
        if (durable > Durable) Durable = durable;
        _inflight.RemoveThrough(durable);
        if (State == FeedState.Snapshot && (_transfer!.Index.Value == 0 || received < _transfer.Index)) return;
        if (State != FeedState.Replicate) BecomeReplicate(received.Next);
        else if (received >= NextIndex) NextIndex = received.Next;
    }

    public void HandleResume(Resume resume)
    {
        if (!Hear(resume.Incarnation)) return;
        var agreed = log.LastNotAbove(LogIndex.Min(resume.LastIndex, commits.Verified), resume.LastEpoch);
        // A message from before it was fed may come late; what it has said to be durable since then stays.
        agreed = LogIndex.Max(agreed, Durable);
        if (agreed < log.BaseIndex && !isLearner) agreed = log.BaseIndex;
        if (agreed < log.BaseIndex)
        {
            if (State != FeedState.Snapshot) BecomeSnapshot();
        }
        else if (State != FeedState.Probe || _probedFrom != agreed.Next)
        {
            BecomeProbe(agreed.Next);
        }
    }

    public void HandleSnapshotAck(SnapshotAck ack)
    {
        if (Hear(ack.Incarnation)) _transfer?.OnAnswer(ack.Index, ack.NextPiece);
    }

    public void EndTransfer()
    {
        _transfer?.Close();
        _transfer = null;
    }

    /// <returns>False: it was said in an earlier life, and says nothing about this one.</returns>
    private bool Hear(long incarnation)
    {
        if (incarnation < Incarnation) return false;
        if (incarnation > Incarnation && Incarnation != 0)
        {
            // It may have lost what was not durable; without durability all.
            Durable = default;
            _inflight.Clear();
        }

        Incarnation = incarnation;
        SilentTicks = 0;
        return true;
    }

    private void SendEntries(bool ping)
    {
        var last = NextIndex.Previous;
        Fill(last, ping);
        if (NextIndex <= commits.Verified)
            _forward.Entries = log.Frames(NextIndex, commits.Verified, accepted.Options.MaxBatchBytes, out last);
        step.Out.Send(Node, _forward);
        var bytes = _forward.Entries.Length;
        _forward.Entries = default;
        if (State != FeedState.Replicate) return;
        NextIndex = last.Next;
        _inflight.Add(last, bytes, step.Now);
    }

    /// <summary>Tells how far the log is stable and committed.</summary>
    private void SendNothing(bool ping)
    {
        var prev = LogIndex.Min(NextIndex.Previous, commits.Verified);
        if (prev >= log.BaseIndex) Send(prev, ping);
    }

    private void Send(LogIndex prev, bool ping)
    {
        Fill(prev, ping);
        step.Out.Send(Node, _forward);
    }

    private void Fill(LogIndex prev, bool ping)
    {
        _forward.Epoch = accepted.Epoch;
        _forward.PrevIndex = prev;
        _forward.PrevEpoch = log.StampAt(prev);
        _forward.Stable = _toldStable = isLearner ? default : commits.Stable;
        _forward.Commit = commits.CommitIndex;
        _forward.Ping = ping;
        _ticksSincePing = ping ? 0 : _ticksSincePing;
    }

    private void BecomeProbe(LogIndex next)
    {
        EndTransfer();
        State = FeedState.Probe;
        NextIndex = LogIndex.Max(next, new LogIndex(1));
        _probeSent = false;
        _inflight.Clear();
    }

    private void BecomeReplicate(LogIndex next)
    {
        EndTransfer();
        _probedFrom = default;
        State = FeedState.Replicate;
        NextIndex = next;
        _inflight.Clear();
    }

    /// <summary>The log begins after the next entry to send. What memory has forgotten is committed, so that a successor in
    /// the chain has it; a learner needs a snapshot.</summary>
    private void MakeUpForForgotten()
    {
        if (isLearner) BecomeSnapshot();
        else NextIndex = log.FirstIndex;
    }

    private void BecomeSnapshot()
    {
        State = FeedState.Snapshot;
        _inflight.Clear();
        _transfer = new SnapshotSender();
    }
}
