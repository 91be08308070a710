using System.Text;
using Quorate.Replication;
using Quorate.Resp;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>QUORATE: what this server has and Redis has not.</summary>
internal static class QuorateCommands
{
    public static string Version { get; } = typeof(Node).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    public static readonly NodeCommandEntry[] Entries =
    [
        Container("quorate", "quorate", "7.2.0", "A container for commands about the cluster and its groups",
            Command("quorate|status", 2, Loading | Stale, "quorate", "7.2.0", "Describes nodes, roles and progress",
                Status, complexity: "O(N) where N is the number of groups and nodes"),
            Help("quorate", "quorate",
                "STATUS", "    Return the nodes and, for each group, its leader, term, indexes and followers' lag, as text.")),
    ];

    private static void Status(NodeCommand command, in CommandArgs args)
    {
        var text = new StringBuilder();
        Describe(command.Node, command.Now, text);
        command.Reply.Verbatim(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static void Describe(INodeView node, StepTime now, StringBuilder text)
    {
        text.Append($"self {node.Self.Id} {node.Self.Name} version={Version} ")
            .Append($"uptime_s={ClientLine.Seconds(node.StartTime, now)} ")
            .Append($"durability={node.Options.Durability.ToString().ToLowerInvariant()}\n");
        foreach (var member in node.Members)
            text.Append($"node {member.Id} {member.Name} resp={member.RespAddress} peer={member.PeerAddress}\n");
        if (node.Refusal is { } why) text.Append($"refuses {why}\n");
        foreach (var group in node.Groups) Describe(node, group, text);
    }

    private static void Describe(INodeView node, GroupStatus group, StringBuilder text)
    {
        var leads = group.Leader == node.Self.Id;
        text.Append($"group {group.Group} strategy={group.Strategy} role={(leads ? "leader" : "follower")} ")
            .Append($"leader={group.Leader} term={group.Term.Value} last={group.LastIndex.Value} ")
            .Append($"commit={group.CommitIndex.Value} applied={group.LastApplied.Value}");
        if (!leads) text.Append($" leader_heard_ms={group.LeaderHeardMilliseconds}");
        text.Append('\n');
        foreach (var follower in group.Followers)
        {
            text.Append($"follower {group.Group} {follower.Node} match={follower.MatchIndex.Value} ")
                .Append($"behind={follower.EntriesBehind} heard_ms={follower.HeardMilliseconds} progress={follower.Progress}\n");
        }
    }
}
