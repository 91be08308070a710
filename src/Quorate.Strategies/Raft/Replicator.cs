using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>What the leader sends to a follower and when: how much at a time, says <see cref="Inflight"/>.</summary>
internal sealed class Replicator(
    RaftOptions options, HardState state, FrameLog<Term> log, LogBounds bounds, SnapshotMaker maker, Step step)
{
    // Encoded as it is sent, hence one for all.
    private readonly AppendEntries _message = new();

    /// <summary>The newest round; every AppendEntries carries it.</summary>
    public long Round { get; set; }

    public bool IsReachable(Progress member) =>
        member.Incarnation != 0
        && step.Now.Nanoseconds - member.LastAnswerAt < options.ElectionTimeoutNanoseconds;

    /// <summary>Sends what there is to send and may be sent now.</summary>
    public void Send(Progress member)
    {
        if (member.State != ProgressState.Snapshot && member.NextIndex.Previous < log.BaseIndex)
        {
            // What it needs is gone. A dead one is not worth a snapshot: wait until it answers.
            if (!IsReachable(member)) return;
            member.BecomeSnapshot();
        }

        switch (member.State)
        {
            case ProgressState.Probe when !member.ProbeSent:
                SendEntries(member);
                break;
            case ProgressState.Replicate:
                while (member.NextIndex <= log.LastIndex && HasRoom(member)) SendEntries(member);
                break;
            case ProgressState.Snapshot:
                member.Transfer!.Send(maker, member.Node, log.BaseIndex);
                break;
        }

        if (member.Reseed is { } reseed && IsReachable(member))
            reseed.Send(maker, member.Node, LogIndex.Max(log.BaseIndex, reseed.NotBefore ?? default));
    }

    /// <summary>None of them needs the log up to here. One that is to get a snapshot needs what comes after it.</summary>
    public LogIndex NeededBy(List<Progress> members, LogIndex lastApplied, bool onlyReachable)
    {
        var slowest = lastApplied;
        foreach (var member in members)
        {
            if (onlyReachable && !IsReachable(member)) continue;
            var isPromised = member.State == ProgressState.Snapshot && member.Transfer!.Index.Value == 0;
            var needed = isPromised ? LogIndex.Max(member.MatchIndex, maker.IndexInMaking) : member.NeededFrom;
            slowest = LogIndex.Min(slowest, needed);
        }

        return slowest;
    }

    public void OnHeartbeat(Progress member)
    {
        // A probe that was not answered until now is lost: the next turn's end sends another.
        member.ProbeSent = false;
        member.Transfer?.OnHeartbeat();
        member.Reseed?.OnHeartbeat();
        SendHeartbeat(member);
    }

    /// <summary>No entries, but the check that the follower has all that was sent before: this is how a loss is
    /// noticed.</summary>
    public void SendHeartbeat(Progress member)
    {
        var prev = member.NextIndex.Previous;
        if (member.State == ProgressState.Snapshot || prev < log.BaseIndex) prev = default;
        Fill(member, prev);
        _message.Entries = default;
        step.Out.Send(member.Node, _message);
    }

    private bool HasRoom(Progress member) =>
        member.Inflight.HasRoom(log.BytesFrom(member.NextIndex), options.InflightBounds, step.Now);

    private void SendEntries(Progress member)
    {
        var prev = member.NextIndex.Previous;
        Fill(member, prev);
        var last = prev;
        _message.Entries = member.NextIndex <= log.LastIndex
            ? log.Frames(member.NextIndex, options.MaxBatchBytes, out last)
            : default;
        step.Out.Send(member.Node, _message);
        member.OnSent(last, _message.Entries.Length, step.Now);
        _message.Entries = default;
    }

    private void Fill(Progress member, LogIndex prev)
    {
        _message.Term = state.CurrentTerm;
        _message.PrevLogIndex = prev;
        _message.PrevLogTerm = prev.Value == 0 ? default : log.StampAt(prev);
        _message.LeaderCommit = bounds.CommitIndex;
        _message.Round = Round;
        _message.SentAt = step.Now.Nanoseconds;
        _message.LeaderLastIndex = log.LastIndex;
        _message.DropIndex = bounds.DropIndex;
        _message.FollowerIncarnation = member.Incarnation;
    }
}
