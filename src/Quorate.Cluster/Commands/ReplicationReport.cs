using System.Text;
using Quorate.Replication;
using static Quorate.Cluster.Commands.InfoText;

namespace Quorate.Cluster.Commands;

/// <summary>
/// INFO replication in Redis's words: the node that leads the session's keyspace is its master, the others are
/// slaves. Offsets are log indexes.
/// </summary>
internal static class ReplicationReport
{
    public static void Write(NodeCommand command, StringBuilder text)
    {
        var node = command.Node;
        var group = node.GroupOf(command.Session);
        var leads = group.Leader == node.Self.Id;
        Field(text, "role", leads ? "master" : "slave");
        if (!leads) Slave(node, group, text);
        Field(text, "connected_slaves", group.Followers.Count(IsOnline));
        Slaves(node, group, text);
        Field(
            text, "master_failover_state",
            node.Map?.Group(group.Group) is { IsSealed: true } ? "failover-in-progress" : "no-failover");
        Field(text, "master_replid", NodeNames.HistoryName(node, group.Group));
        Field(text, "master_replid2", new string('0', 40));
        Field(text, "master_repl_offset", leads ? group.LastIndex.Value : group.CommitIndex.Value);
        Field(text, "second_repl_offset", -1);
        Field(text, "repl_backlog_active", 1);
        Field(text, "repl_backlog_size", 0);
    }

    /// <summary>What Redis has no words for, one line a group.</summary>
    public static void WriteGroups(NodeCommand command, StringBuilder text)
    {
        foreach (var group in command.Node.Groups)
        {
            Field(text, "group" + group.Group.Value,
                $"strategy={group.Strategy},leader={group.Leader},term={group.Term.Value},last_index={group.LastIndex.Value},"
                + $"commit_index={group.CommitIndex.Value},last_applied={group.LastApplied.Value},trust={group.Trust}");
            var voting = group.Voting;
            Field(text, $"group{group.Group.Value}_voting",
                $"rounds={voting.Rounds},ranges_agreed={voting.RangesAgreed},ranges_undecided={voting.RangesUndecided},"
                    + $"dissents={voting.Dissents},"
                + $"disagreements={voting.Disagreements},quarantines={voting.QuarantinesOrdered},reseeds={voting.Reseeds},"
                + $"voted_reads={voting.VotedReads},masked_reads={voting.MaskedReads},undecided_reads={voting.UndecidedReads}");
        }
    }

    /// <summary>A follower that has not answered for this long counts as gone: ten missed heartbeats and more.</summary>
    public static bool IsOnline(FollowerView follower) => follower.HeardMilliseconds is >= 0 and < 10_000;

    private static void Slave(INodeView node, GroupStatus group, StringBuilder text)
    {
        // A cascaded replica's master is, as in Redis, the replica that feeds it.
        var feeder = group.Source.IsNone ? group.Leader : group.Source;
        var leader = node.Members.FirstOrDefault(member => member.Id == feeder);
        var (host, port) = leader is null ? ("", 0) : Words.Address(leader.RespAddress);
        Field(text, "master_host", host);
        Field(text, "master_port", port);
        Field(text, "master_link_status", leader is null ? "down" : "up");
        Field(text, "master_last_io_seconds_ago",
            group.LeaderHeardMilliseconds < 0 ? -1 : group.LeaderHeardMilliseconds / 1000);
        Field(text, "master_sync_in_progress", 0);
        Field(text, "slave_read_repl_offset", group.LastIndex.Value);
        Field(text, "slave_repl_offset", group.LastApplied.Value);
        if (leader is null) Field(text, "master_link_down_since_seconds", -1);
        Field(text, "slave_priority", group.IsStandby ? 0 : 100); // Redis's sentinels promote no replica that has 0
        Field(text, "slave_read_only", 0);
        if (group.DelaySeconds > 0) Field(text, "slave_delay_seconds", group.DelaySeconds);
        Field(text, "replica_announced", 1);
    }

    private static void Slaves(INodeView node, GroupStatus group, StringBuilder text)
    {
        var number = 0;
        foreach (var follower in group.Followers)
        {
            if (!IsOnline(follower)) continue;
            var (host, port) = Words.Address(node.Members.FirstOrDefault(member => member.Id == follower.Node)?.RespAddress
                ?? "");
            var state = follower.Progress == "snapshot" ? "wait_bgsave" : "online";
            Field(text, "slave" + number++,
                $"ip={host},port={port},state={state},offset={follower.MatchIndex.Value},"
                    + $"lag={follower.HeardMilliseconds / 1000}{(follower.DelaySeconds > 0 ? $",delay={follower.DelaySeconds}" : "")}");
        }
    }
}
