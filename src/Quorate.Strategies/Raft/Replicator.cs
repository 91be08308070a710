using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>
/// What the leader sends to a follower and when. One round in flight, and what comes meanwhile gathers behind it; more
/// rounds only when a full batch waits or the oldest is late, so that neither throughput nor a long wire suffers.
/// </summary>
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
                while (member.NextIndex <= replica.Log.LastIndex && MaySendMore(member)) SendEntries(member);
                break;
            case ProgressState.Snapshot:
                member.Transfer!.Send(replica, member, Round);
                break;
        }

        if (member.Reseed is { } reseed && IsReachable(member)) reseed.Send(replica, member, Round);
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

    private bool MaySendMore(Progress member)
    {
        if (member.InflightCount == 0) return true;
        if (member.InflightCount >= replica.Options.MaxInflight) return false;
        return replica.Now.Nanoseconds - member.OldestInflightSentAt >= RaftOptions.TickNanoseconds
            || replica.Log.BytesFrom(member.NextIndex) >= replica.Options.MaxBatchBytes;
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
        _message.Entries = default;
        member.OnSent(last, replica.Now);
    }

    private void Fill(Progress member, LogIndex prev)
    {
        _message.Term = replica.CurrentTerm;
        _message.PrevLogIndex = prev;
        _message.PrevLogTerm = prev.Value == 0 ? default : replica.Log.TermAt(prev);
        _message.LeaderCommit = replica.CommitIndex;
        _message.Round = Round;
        _message.SentAt = replica.Now.Nanoseconds;
        _message.LeaderLastIndex = replica.Log.LastIndex;
        _message.DropIndex = replica.DropIndex;
        _message.FollowerIncarnation = member.Incarnation;
    }
}
