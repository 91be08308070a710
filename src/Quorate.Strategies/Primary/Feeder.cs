using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>
/// What a replica sends to those it feeds and when: the primary all of its log, a source in a cascade what is committed.
/// One round in flight, and what comes meanwhile gathers behind it; more rounds only when a full batch waits or the oldest
/// is late, so that neither throughput nor a long wire suffers.
/// </summary>
internal sealed class Feeder(
    Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, LogMarks marks, Applier<Epoch> applier, SnapshotMaker maker,
    IStateShipping? shipping, bool feedsAll)
{
    private readonly List<Progress> _fed = [];
    private readonly ArrayBufferWriter<byte> _changes = new();

    // Encoded as it is sent, hence one for all.
    private readonly Append _message = new();
    private int _heartbeatElapsed;

    public IReadOnlyList<Progress> Fed => _fed;

    /// <summary>What a source sends is committed, and in the history of this epoch's primary. Counter-example without the second
    /// half.
    /// 1. A primary that was cut off has committed entries 5 and 6, asynchronously. 2. Another is named, and the old one becomes
    /// a source. 3. Before it hears of the new primary's 5 it sends its own: as committed, in the new epoch.</summary>
    private LogIndex Limit => feedsAll ? log.LastIndex : LogIndex.Min(marks.CommitIndex, marks.Verified);

    public Progress? this[NodeId node]
    {
        get
        {
            foreach (var member in _fed) if (member.Node == node) return member;
            return null;
        }
    }

    /// <summary>Those whose source this replica is, as a backup, once its log is known to agree with the primary's; null
    /// before, and when there are none.</summary>
    public static List<NodeId>? CascadeOf(AcceptedEpoch accepted, LogIndex verified)
    {
        if (accepted.Configuration is not { Standby.Feeds.Count: > 0 } c || verified.Value == 0) return null;
        if (c.Leader.IsNone || c.Leader == accepted.Self || !c.Contains(accepted.Self)) return null;
        List<NodeId>? fed = null;
        foreach (var feed in c.Standby.Feeds) if (feed.Source == accepted.Self) (fed ??= []).Add(feed.Replica);
        return fed;
    }

    /// <summary>Feeds exactly these from now on, in a new epoch: where the logs agree must be asked again, what is durable
    /// where is known.</summary>
    public void Follow(List<NodeId> nodes)
    {
        foreach (var member in _fed) if (!nodes.Contains(member.Node)) member.EndTransfer();
        _fed.RemoveAll(m => !nodes.Contains(m.Node));
        foreach (var member in _fed) if (member.State != ProgressState.Snapshot) member.BecomeProbe(member.NextIndex);
        foreach (var node in nodes) if (this[node] is null) _fed.Add(new Progress(node, Limit.Next, step.Now));
        _fed.Sort((a, b) => a.Node.CompareTo(b.Node));
    }

    public void End()
    {
        foreach (var member in _fed) member.EndTransfer();
        _fed.Clear();
    }

    public void OnTick()
    {
        if (++_heartbeatElapsed < accepted.Options.HeartbeatTicks) return;
        _heartbeatElapsed = 0;
        foreach (var member in _fed)
        {
            // What was not answered until now is lost: the next turn's end sends it again.
            member.IsSent = false;
            member.Transfer?.OnHeartbeat();
            SendHeartbeat(member);
        }
    }

    public void SendAll()
    {
        if (!accepted.IsDurable) return;
        foreach (var member in _fed) Send(member);
    }

    /// <summary>No entries, but the check that the backup has all that was sent before: this is how a loss is noticed.</summary>
    public void SendHeartbeat(Progress member)
    {
        if (!accepted.IsDurable) return;
        var prev = LogIndex.Min(member.NextIndex.Previous, Limit);
        if (member.State == ProgressState.Snapshot || !log.HasStampAt(prev)) prev = default;
        SendAppend(member, prev, default);
    }

    /// <summary>The backup was told of the present epoch: it can be asked again at once.</summary>
    public void OnAnnounced(NodeId node)
    {
        if (this[node] is { State: ProgressState.Probe } member) member.IsSent = false;
    }

    /// <returns>The one that answered; null when the answer says nothing.</returns>
    public Progress? HandleAppendResponse(NodeId from, AppendResponse response)
    {
        if (this[from] is not { } member || !member.OnAnswer(response.Incarnation, step.Now, accepted.Options.Durable))
            return null;
        if (response.NeedsSnapshot) member.RestoreState(notBefore: response.HintIndex);
        else member.OnStateWhole();
        if (!response.Success)
        {
            member.OnRefusal(response.LastIndex, log.LastNotAbove(response.HintIndex, response.HintEpoch));
        }
        else
        {
            // A source in a cascade may have been restarted and lack what it sent in this very epoch.
            if (!feedsAll && response.MatchIndex > log.LastIndex) return member;
            Invariant.Require(response.MatchIndex <= log.LastIndex, "a backup agrees with what the primary has");
            member.OnSuccess(response.MatchIndex, LogIndex.Min(response.LastIndex, log.LastIndex));
        }

        member.NoteLag(Limit, step.Now);
        return member;
    }

    public void HandleInstallSnapshotResponse(NodeId from, InstallSnapshotResponse response)
    {
        if (this[from] is not { } member || !member.OnAnswer(response.Incarnation, step.Now, accepted.Options.Durable)) return;
        member.Transfer?.OnAnswer(response.Index, response.NextPiece);
    }

    /// <summary>It is dead, as far as can be told, or has not caught up for a while.</summary>
    public bool IsSilent(Progress member) =>
        step.Now.Nanoseconds - member.CaughtUpAt >= accepted.Options.BackupTimeoutNanoseconds
        || step.Now.Nanoseconds - member.LastAnswerAt >= accepted.Options.BackupSilenceNanoseconds;

    /// <summary>None of them needs the log up to here. One that is to get a snapshot needs what comes after it.</summary>
    public LogIndex NeededBy(bool onlyPresent)
    {
        var slowest = applier.LastApplied;
        foreach (var member in _fed)
        {
            if (onlyPresent && IsAway(member)) continue;
            var isPromised = member.State == ProgressState.Snapshot && member.Transfer!.Index.Value == 0;
            slowest = LogIndex.Min(
                slowest, isPromised ? LogIndex.Max(member.MatchIndex, maker.IndexInMaking) : member.NeededFrom);
        }

        return slowest;
    }

    private void Send(Progress member)
    {
        member.Transfer?.Send(maker, member.Node, member.Transfer.NotBefore ?? log.BaseIndex);
        switch (member.State)
        {
            case ProgressState.Probe when !member.IsSent:
                // Also below what is in memory: the history tells whether the logs agree there.
                SendHeartbeat(member);
                member.OnSent(default, 0, step.Now);
                break;
            case ProgressState.Changes when !member.IsSent:
                if (!TrySendChanges(member)) member.BecomeProbe(member.MatchIndex.Next);
                break;
            case ProgressState.Replicate:
                if (IsFarBehind(member) && member.Inflight.Count == 0 && TrySendChanges(member)) break;
                if (member.NextIndex <= log.BaseIndex)
                {
                    // What it needs is gone. A dead one is not worth a snapshot: wait until it answers.
                    if (!IsAway(member)) member.BecomeSnapshot();
                    break;
                }

                while (member.NextIndex <= Limit
                    && member.Inflight.HasRoom(Behind(member), accepted.Options.InflightBounds, step.Now))
                    SendEntries(member);
                break;
        }
    }

    private bool IsAway(Progress member) =>
        step.Now.Nanoseconds - member.LastAnswerAt >= accepted.Options.BackupTimeoutNanoseconds;

    private bool IsFarBehind(Progress member) =>
        member.NextIndex <= log.BaseIndex || Behind(member) > accepted.Options.CoalesceBytes;

    private long Behind(Progress member) => log.BytesFrom(member.NextIndex) - log.BytesFrom(Limit.Next);

    private void SendEntries(Progress member)
    {
        var bytes = Math.Min(accepted.Options.MaxBatchBytes, Behind(member));
        var entries = log.Frames(member.NextIndex, bytes, out var last);
        SendAppend(member, member.NextIndex.Previous, entries);
        member.OnSent(last, entries.Length, step.Now);
    }

    private void SendAppend(Progress member, LogIndex prev, ReadOnlyMemory<byte> entries)
    {
        _message.Epoch = accepted.Configuration!.Epoch;
        _message.PrevIndex = prev;
        _message.PrevEpoch = prev.Value == 0 ? default : log.StampAt(prev);
        _message.CommitIndex = LogIndex.Min(marks.CommitIndex, Limit);
        _message.LastIndex = Limit;
        _message.DropIndex = marks.DropIndex;
        _message.BackupIncarnation = member.Incarnation;
        _message.Entries = entries;
        step.Out.Send(member.Node, _message);
        _message.Entries = default;
    }

    /// <summary>With <see cref="Ship.State"/>: one message with the newest state of all that the backup lacks, while all
    /// that was executed here is committed.</summary>
    private bool TrySendChanges(Progress member)
    {
        var since = member.NextIndex.Previous;
        var upTo = applier.LastApplied;
        if (accepted.Options.Ship != Ship.State || shipping is null) return false;
        if (member.TakesNoChanges || upTo != marks.CommitIndex || since >= upTo || !log.HasStampAt(since)) return false;
        _changes.ResetWrittenCount();
        if (!shipping.TryWriteChangesSince(since, _changes) || _changes.WrittenCount > accepted.Options.MaxChangesBytes)
            return false;
        step.Out.Send(member.Node, new Changes
        {
            Epoch = accepted.Configuration!.Epoch,
            PrevIndex = since,
            PrevEpoch = log.StampAt(since),
            Index = upTo,
            IndexEpoch = log.StampAt(upTo),
            History = log.EncodeHistory(upTo),
            Effect = _changes.WrittenMemory,
        });
        member.BecomeChanges();
        return true;
    }
}
