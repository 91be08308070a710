using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>What the leader sends to a follower and when: how much at a time, says <see cref="Inflight"/>.</summary>
internal sealed class Replicator(RaftReplica replica)
{
    // Encoded as it is sent, hence one for all.
    private readonly AppendEntries _message = new();

    /// <summary>The newest round; every AppendEntries carries it.</summary>
    public long Round { get; set; }

    public bool IsReachable(Progress member) =>
        member.Incarnation != 0
        && replica.Now.Nanoseconds - member.LastAnswerAt < replica.Options.ElectionTimeoutNanoseconds;

    /// <summary>Sends what there is to send and may be sent now.</summary>
    public void Send(Progress member)
    {
        if (member.State != ProgressState.Snapshot && member.NextIndex.Previous < replica.Log.BaseIndex)
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
                while (member.NextIndex <= replica.Log.LastIndex
                    && member.Inflight.HasRoom(replica.Log.BytesFrom(member.NextIndex), replica.Options.InflightBounds, replica.Now)) SendEntries(member);
                break;
            case ProgressState.Snapshot:
                member.Transfer!.Send(replica.SnapshotMaker, member.Node, replica.Log.BaseIndex);
                break;
        }

        if (member.Reseed is { } reseed && IsReachable(member))
            reseed.Send(replica.SnapshotMaker, member.Node, LogIndex.Max(replica.Log.BaseIndex, reseed.NotBefore ?? default));
    }

    /// <summary>None of them needs the log up to here. One that is to get a snapshot needs what comes after it.</summary>
    public LogIndex NeededBy(List<Progress> members, bool onlyReachable)
    {
        var slowest = replica.LastApplied;
        foreach (var member in members)
        {
            if (onlyReachable && !IsReachable(member)) continue;
            var isPromised = member.State == ProgressState.Snapshot && member.Transfer!.Index.Value == 0;
            slowest = LogIndex.Min(slowest, isPromised ? LogIndex.Max(member.MatchIndex, replica.SnapshotMaker.IndexInMaking) : member.NeededFrom);
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

    /// <summary>No entries, but the check that the follower has all that was sent before: this is how a loss is noticed.</summary>
    public void SendHeartbeat(Progress member)
    {
        var prev = member.NextIndex.Previous;
        if (member.State == ProgressState.Snapshot || prev < replica.Log.BaseIndex) prev = default;
        Fill(member, prev);
        _message.Entries = default;
        replica.Out.Send(member.Node, _message);
    }

    private void SendEntries(Progress member)
    {
        var prev = member.NextIndex.Previous;
        Fill(member, prev);
        var last = prev;
        _message.Entries = member.NextIndex <= replica.Log.LastIndex
            ? replica.Log.Frames(member.NextIndex, replica.Options.MaxBatchBytes, out last)
            : default;
        replica.Out.Send(member.Node, _message);
        member.OnSent(last, _message.Entries.Length, replica.Now);
        _message.Entries = default;
    }

    private void Fill(Progress member, LogIndex prev)
    {
        _message.Term = replica.CurrentTerm;
        _message.PrevLogIndex = prev;
        _message.PrevLogTerm = prev.Value == 0 ? default : replica.Log.StampAt(prev);
        _message.LeaderCommit = replica.CommitIndex;
        _message.Round = Round;
        _message.SentAt = replica.Now.Nanoseconds;
        _message.LeaderLastIndex = replica.Log.LastIndex;
        _message.DropIndex = replica.DropIndex;
        _message.FollowerIncarnation = member.Incarnation;
    }
}
