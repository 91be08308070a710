using System.Text;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Resp;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>QUORATE: what this server has and Redis has not.</summary>
internal static class QuorateCommands
{
    public static string Version { get; } = typeof(QuorateCommands).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    public static readonly NodeCommandEntry[] Entries =
    [
        Container("quorate", "quorate", "7.2.0", "A container for commands about the cluster and its groups",
            Command("quorate|status", 2, Loading | Stale, "quorate", "7.2.0", "Describes nodes, roles and progress",
                Status, complexity: "O(N) where N is the number of groups and nodes"),
            Command(
                "quorate|cut", 3, Admin | Loading | Stale, "quorate", "7.2.0",
                "Cuts a region off, in a cluster that plays regions in one process", Cut),
            Command("quorate|heal", 3, Admin | Loading | Stale, "quorate", "7.2.0", "Heals a region that was cut off", Heal),
            Help("quorate", "quorate",
                "CUT <region>", "    Lose all that is sent between the region and the others (quorate dev --regions only).",
                "HEAL <region>", "    End that.",
                "STATUS",
                "    Return the nodes and, for each group, its keyspace, leader, epoch or term, indexes and lag, as text.")),
    ];

    private static void Status(NodeCommand command, in CommandArgs args)
    {
        var text = new StringBuilder();
        Describe(command.Node, command.Now, text);
        command.Reply.Verbatim(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static void Cut(NodeCommand command, in CommandArgs args) => SetCut(command, Words.Text(args[2]), true);

    private static void Heal(NodeCommand command, in CommandArgs args) => SetCut(command, Words.Text(args[2]), false);

    private static void SetCut(NodeCommand command, string region, bool isCut)
    {
        if (command.Node.CutRegion(region, isCut) is { } why) command.Reply.Error("ERR " + why);
        else command.Reply.Ok();
    }

    private static void Describe(INodeView node, StepTime now, StringBuilder text)
    {
        text.Append($"self {node.Self.Id} {node.Self.Name} version={Version} ")
            .Append($"uptime_s={ClientLine.Seconds(node.StartTime, now)} ")
            .Append($"durability={node.Options.Durability.ToString().ToLowerInvariant()}{(node.Options.IsEphemeral ? " ephemeral" : "")}\n");
        foreach (var member in node.Members)
            text.Append($"node {member.Id} {member.Name} resp={member.RespAddress} peer={member.PeerAddress}\n");
        if (node.Refusal is { } why) text.Append($"refuses {why}\n");
        var map = node.Map;
        if (map is not null) text.Append($"control leader={node.ControlLeader} version={map.Version}\n");
        var here = node.Groups;
        foreach (var group in here) Describe(node, map?.Group(group.Group), group, text);
        foreach (var entry in map?.Groups ?? [])
        {
            if (entry.Id == ControlMachine.ControlGroup || here.Any(g => g.Group == entry.Id)) continue;
            text.Append($"group {entry.Id} ");
            DescribeEntry(map!, entry, text);
            text.Append($"strategy={PolicyWords.Of(entry.Policy.Strategy)} role=none\n");
        }
    }

    private static void Describe(INodeView node, GroupEntry? entry, GroupStatus group, StringBuilder text)
    {
        var leads = group.Leader == node.Self.Id;
        var isConfigured = entry is { IsConfigured: true };
        text.Append($"group {group.Group} ");
        if (entry is not null) DescribeEntry(node.Map!, entry, text);
        text.Append($"strategy={group.Strategy} role={(leads ? "leader" : "follower")} ");
        if (!isConfigured) text.Append($"leader={group.Leader} ");
        text.Append($"{(isConfigured ? "accepted" : "term")}={group.Term.Value} last={group.LastIndex.Value} ")
            .Append($"commit={group.CommitIndex.Value} applied={group.LastApplied.Value}");
        if (group.Trust != "ok") text.Append($" trust={group.Trust}");
        if (group.DelaySeconds > 0) text.Append($" delay_s={group.DelaySeconds}");
        if (!group.Source.IsNone) text.Append($" fed_by={group.Source}");
        if (!leads) text.Append($" leader_heard_ms={group.LeaderHeardMilliseconds}");
        text.Append('\n');
        foreach (var follower in group.Followers)
        {
            text.Append($"follower {group.Group} {follower.Node} match={follower.MatchIndex.Value} ")
                .Append($"behind={follower.EntriesBehind} heard_ms={follower.HeardMilliseconds} "
                    + $"progress={follower.Progress}{(follower.DelaySeconds > 0 ? $" delay_s={follower.DelaySeconds}" : "")}\n");
        }
    }

    /// <summary>What the map says of a group; a raft group's leader and term are its own affair.</summary>
    private static void DescribeEntry(ClusterMap map, GroupEntry entry, StringBuilder text)
    {
        text.Append($"keyspace={map.NamesOf(entry.Id)} ");
        if (!entry.IsConfigured) return;
        var configuration = entry.Configuration;
        text.Append($"epoch={configuration.Epoch.Value} leader={configuration.Leader} "
            + $"in_sync={string.Join(',', configuration.InSync)} ");
        if (configuration.Learners.Count > 0) text.Append($"learners={string.Join(',', configuration.Learners)} ");
        if (configuration.Standby.Delayed.Count > 0) text.Append($"delayed={string.Join(',', configuration.Standby.Delayed)} ");
        if (configuration.Standby.Feeds.Count > 0)
            text.Append($"fed={string.Join(',', configuration.Standby.Feeds.Select(f => $"{f.Replica}<{configuration.SourceOf(f.Replica)}"))} ");
    }
}
