using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>What the leader knows of one member and what is on the way to it. The leader has one for itself too.
/// Invariant: MatchIndex &lt; NextIndex in state Replicate.</summary>
internal sealed class Progress(NodeId node, LogIndex next, StepTime since)
{
    public NodeId Node { get; } = node;

    public ProgressState State { get; private set; } = ProgressState.Probe;

    /// <summary>The follower's log is durable and agrees with the leader's up to here.</summary>
    public LogIndex MatchIndex { get; set; }

    /// <summary>The next entry to send.</summary>
    public LogIndex NextIndex { get; set; } = next;

    /// <summary>Probe: one was sent and neither answered nor given up.</summary>
    public bool ProbeSent { get; set; }

    /// <summary>It has answered since the quorum was last checked.</summary>
    public bool IsActive { get; set; }

    /// <summary>The newest round it has answered, and when that was sent.</summary>
    public long AckedRound { get; private set; }

    /// <summary>Nanoseconds on the leader's clock; long.MinValue before the first answer.</summary>
    public long AckedSentAt { get; private set; } = long.MinValue;

    public long LastAnswerAt { get; private set; } = since.Nanoseconds;

    public long Incarnation { get; private set; }

    public SnapshotSender? Transfer { get; private set; }

    /// <summary>It said last that its state machine is not used because it was found wrong.</summary>
    public bool IsQuarantined { get; private set; }

    /// <summary>A snapshot for a member whose log is up to date but whose state is wrong; goes beside the entries.</summary>
    public SnapshotSender? Reseed { get; private set; }

    public Inflight Inflight { get; } = new();

    /// <summary>The log before this index is not needed for this member.</summary>
    public LogIndex NeededFrom => LogIndex.Max(MatchIndex, Transfer?.Index ?? default);

    /// <returns>False: the answer comes from an earlier life and says nothing about this one.</returns>
    public bool OnAnswer(long incarnation, long round, long sentAt, StepTime now, bool remembers)
    {
        if (incarnation < Incarnation) return false;
        if (incarnation > Incarnation)
        {
            if (Incarnation != 0 && !remembers) MatchIndex = default;
            if (Incarnation != 0) BecomeProbe(MatchIndex.Next);
            Incarnation = incarnation;
        }

        AckedRound = Math.Max(AckedRound, round);
        AckedSentAt = Math.Max(AckedSentAt, sentAt);
        LastAnswerAt = now.Nanoseconds;
        IsActive = true;
        return true;
    }

    public void OnSent(LogIndex last, long bytes, StepTime now)
    {
        if (State != ProgressState.Replicate)
        {
            ProbeSent = true;
            return;
        }

        NextIndex = last.Next;
        Inflight.Add(last, bytes, now);
    }

    /// <summary>The logs agree up to <paramref name="last"/> and are durable there up to <paramref name="match"/>.</summary>
    /// <returns>True when MatchIndex rose.</returns>
    public bool OnSuccess(LogIndex match, LogIndex last)
    {
        var rose = match > MatchIndex;
        if (rose) MatchIndex = match;
        if (State == ProgressState.Snapshot)
        {
            // Anything at or beyond the snapshot ends the transfer; before it there is nothing to send entries from.
            if (Transfer!.Index.Value == 0 || match < Transfer.Index) return rose;
            BecomeProbe(match.Next);
        }

        NextIndex = LogIndex.Max(NextIndex, LogIndex.Max(last, MatchIndex).Next);
        Inflight.RemoveThrough(match);
        if (State == ProgressState.Probe) BecomeReplicate(LogIndex.Max(last, MatchIndex).Next);
        return rose;
    }

    /// <summary>The follower refused PrevLogIndex <paramref name="refused"/>; the logs may agree at
    /// <paramref name="candidate"/>.</summary>
    public void OnRefusal(LogIndex refused, LogIndex candidate)
    {
        if (State == ProgressState.Snapshot) return;
        if (State == ProgressState.Replicate)
        {
            if (refused <= MatchIndex) return;
            BecomeProbe(LogIndex.Max(MatchIndex, LogIndex.Min(candidate, refused.Previous)).Next);
            return;
        }

        // While probing, only the answer to the probe last sent counts. It is believed even below MatchIndex: a follower
        // that lost what it had acknowledged is served again rather than never.
        if (refused != NextIndex.Previous) return;
        BecomeProbe(LogIndex.Min(candidate, refused.Previous).Next);
    }

    public void BecomeProbe(LogIndex next)
    {
        State = ProgressState.Probe;
        NextIndex = LogIndex.Max(next, new LogIndex(1));
        ProbeSent = false;
        Inflight.Clear();
        EndTransfer();
    }

    public void BecomeSnapshot()
    {
        State = ProgressState.Snapshot;
        Inflight.Clear();
        Transfer = new SnapshotSender();
    }

    public void EndTransfer()
    {
        Transfer?.Close();
        Transfer = null;
        EndReseed();
    }

    /// <param name="isQuarantined">Whether the member's state machine is out of use.</param>
    /// <param name="asked">It wants a snapshot of this index or later; 0: none now.</param>
    public void OnQuarantine(bool isQuarantined, LogIndex asked)
    {
        IsQuarantined = isQuarantined;
        if (!isQuarantined || asked.Value == 0 || State == ProgressState.Snapshot)
        {
            EndReseed();
            return;
        }

        if (Reseed is { } running && (running.Index.Value == 0 ? running.NotBefore : running.Index) >= asked) return;
        EndReseed();
        Reseed = new SnapshotSender(asked);
    }

    private void EndReseed()
    {
        Reseed?.Close();
        Reseed = null;
    }

    private void BecomeReplicate(LogIndex next)
    {
        State = ProgressState.Replicate;
        NextIndex = next;
        ProbeSent = false;
        Inflight.Clear();
    }
}
