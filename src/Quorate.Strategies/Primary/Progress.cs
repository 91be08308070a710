using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>What a feeder knows of one replica and what is on the way to it.
/// Invariant: MatchIndex &lt; NextIndex in state Replicate.</summary>
internal sealed class Progress(NodeId node, LogIndex next, StepTime since)
{
    private LogIndex _lagTarget;

    public NodeId Node { get; } = node;

    public ProgressState State { get; private set; } = ProgressState.Probe;

    /// <summary>The backup's log is durable and agrees with this one up to here.</summary>
    public LogIndex MatchIndex { get; private set; }

    /// <summary>The next entry to send.</summary>
    public LogIndex NextIndex { get; private set; } = next;

    /// <summary>Probe or Changes: one was sent and neither answered nor given up.</summary>
    public bool IsSent { get; set; }

    /// <summary>It refused the newest state in place of entries: it stays behind on purpose, or its state is not the one it
    /// starts from.</summary>
    public bool TakesNoChanges { get; private set; }

    public long LastAnswerAt { get; private set; } = since.Nanoseconds;

    /// <summary>When it last held all that this replica had held a while before; nanoseconds of this node's clock.</summary>
    public long CaughtUpAt { get; private set; } = since.Nanoseconds;

    public long Incarnation { get; private set; }

    public SnapshotSender? Transfer { get; private set; }

    public Inflight Inflight { get; } = new();

    /// <summary>The log up to this index is not needed for this replica.</summary>
    public LogIndex NeededFrom => State == ProgressState.Snapshot ? LogIndex.Max(MatchIndex, Transfer!.Index) : MatchIndex;

    /// <returns>False: the answer comes from an earlier life and says nothing about this one.</returns>
    public bool OnAnswer(long incarnation, StepTime now, bool remembers)
    {
        if (incarnation < Incarnation) return false;
        if (incarnation > Incarnation)
        {
            if (Incarnation != 0 && !remembers) MatchIndex = default;
            if (Incarnation != 0) BecomeProbe(MatchIndex.Next);
            Incarnation = incarnation;
        }

        LastAnswerAt = now.Nanoseconds;
        return true;
    }

    /// <summary>To be called with every answer: has it caught up with what there was at some earlier one?</summary>
    public void NoteLag(LogIndex lastIndex, StepTime now)
    {
        if (MatchIndex < _lagTarget) return;
        CaughtUpAt = now.Nanoseconds;
        _lagTarget = lastIndex;
    }

    public void OnSent(LogIndex last, long bytes, StepTime now)
    {
        if (State != ProgressState.Replicate)
        {
            IsSent = true;
            return;
        }

        NextIndex = last.Next;
        Inflight.Add(last, bytes, now);
    }

    /// <summary>The logs agree up to <paramref name="last"/> and are durable there up to <paramref name="match"/>.</summary>
    public void OnSuccess(LogIndex match, LogIndex last)
    {
        if (match > MatchIndex) MatchIndex = match;
        if (State == ProgressState.Snapshot)
        {
            // Anything at or beyond the snapshot ends the transfer; before it there is nothing to send entries from.
            if (Transfer!.Index.Value == 0 || match < Transfer.Index) return;
            BecomeProbe(match.Next);
        }

        var next = LogIndex.Max(last, MatchIndex).Next;
        Inflight.RemoveThrough(match);
        if (State == ProgressState.Replicate) NextIndex = LogIndex.Max(NextIndex, next);
        else BecomeReplicate(next);
    }

    /// <summary>The backup refused the entries after <paramref name="refused"/>; the logs may agree at
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

        // While probing, only the answer to the probe last sent counts. It is believed even below MatchIndex: a backup
        // that lost what it had acknowledged is served again rather than never.
        if (refused != NextIndex.Previous) return;
        if (State == ProgressState.Changes) TakesNoChanges = true;
        if (candidate < MatchIndex) MatchIndex = default;
        BecomeProbe(LogIndex.Min(candidate, refused.Previous).Next);
    }

    public void BecomeProbe(LogIndex next)
    {
        State = ProgressState.Probe;
        NextIndex = LogIndex.Max(next, new LogIndex(1));
        IsSent = false;
        Inflight.Clear();
        EndTransfer();
    }

    /// <summary>The newest state goes out instead of entries; NextIndex stays behind it until it is answered.</summary>
    public void BecomeChanges()
    {
        State = ProgressState.Changes;
        Inflight.Clear();
        IsSent = true;
    }

    /// <summary>What it needs of the log is gone: nothing but a snapshot until it is there.</summary>
    public void BecomeSnapshot()
    {
        EndTransfer();
        State = ProgressState.Snapshot;
        Inflight.Clear();
        Transfer = new SnapshotSender();
    }

    /// <summary>Its log is whole, its state is not: entries go on, and a snapshot beside them.</summary>
    /// <param name="notBefore">its log begins after this: an older snapshot would leave a gap</param>
    public void RestoreState(LogIndex notBefore) => Transfer ??= new SnapshotSender(notBefore);

    public void OnStateWhole()
    {
        if (State != ProgressState.Snapshot) EndTransfer();
    }

    public void EndTransfer()
    {
        Transfer?.Close();
        Transfer = null;
    }

    private void BecomeReplicate(LogIndex next)
    {
        State = ProgressState.Replicate;
        NextIndex = next;
        IsSent = false;
        Inflight.Clear();
    }
}
