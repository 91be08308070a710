using System.Globalization;
using System.Text;
using Quorate.Cluster.Maps;
using Quorate.Data.Commands;
using Quorate.Resp;
using static Quorate.Cluster.Commands.ControlQuestions;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>NODE: the cluster's nodes as its map knows them, and their leaving. The control group's leader decides.</summary>
internal static class NodeCommands
{
    private const CommandFlags Anytime = Admin | NoScript | Loading | Stale;
    private const string Group = "quorate";

    public static readonly NodeCommandEntry[] Entries =
    [
        Container("node", Group, "7.2.0", "A container for commands about the cluster's nodes",
            Command(
                "node|list", 2, Loading | Stale, Group, "7.2.0", "Lists the nodes with their addresses, labels and state", List,
                complexity: "O(N)"),
            Command(
                "node|add", -4, Anytime, Group, "7.2.0", "Makes a node known that is to join, and says what it has to know",
                NodeJoining.Add),
            Command(
                "node|voters", -2, Anytime, Group, "7.2.0",
                "Says or changes how many nodes decide and hold the numbered databases", NodeJoining.Voters),
            Command(
                "node|drain", 3, Anytime, Group, "7.2.0",
                "Moves a node's replicas away where there is room and gives it no new ones", Drain),
            Command("node|undrain", 3, Anytime, Group, "7.2.0", "Lets a draining node hold replicas again", Undrain),
            Command("node|remove", 3, Anytime, Group, "7.2.0", "Removes for ever a node that holds nothing any more", Remove),
            Help("node", Group,
                "LIST", "    Return the nodes: id, name, state, replicas, addresses, labels.",
                "ADD <name> <peer address> [RESP <address>] [HTTP <address>] [PROVIDER <label>] [REGION <label>] [ZONE <label>]",
                "    Make a node known that is to join, and return what it has to know.",
                "VOTERS [<n>]", "    Return or change how many nodes decide and hold the numbered databases.",
                "DRAIN <node>", "    Move its replicas to other nodes, where there are enough.",
                "UNDRAIN <node>", "    Let it hold replicas again.",
                "REMOVE <node>", "    Remove it for ever. Refused while it holds a replica.")),
    ];

    private static void List(NodeCommand command, in CommandArgs args)
    {
        if (Map(command) is not { } map) return;
        command.Reply.Array(map.Nodes.Count);
        foreach (var node in map.Nodes) command.Reply.Bulk(Encoding.UTF8.GetBytes(LineOf(command, map, node)));
    }

    private static string LineOf(NodeCommand command, ClusterMap map, NodeEntry node)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{node.Id} {node.Name} state={node.State.ToString().ToLowerInvariant()} replicas={map.ReplicasOn(node.Id)}");
        if (map.Group(ControlMachine.ControlGroup)!.Configuration.InSync.Contains(node.Id)) text.Append(" voter");
        text.Append(" resp=").Append(node.ClientAddress).Append(" peer=").Append(node.PeerAddress);
        foreach (var (label, value) in new[] { ("provider", node.Labels.Provider), ("region", node.Labels.Region), (
            "zone", node.Labels.Zone) })
            if (value is not null) text.Append(' ').Append(label).Append('=').Append(value);
        if (node.State == NodeState.Draining && NodeChanges.Held(map, node.Id) is { Length: > 0 } held)
            text.Append(" still-holds=").Append(held.Replace(", ", ",", StringComparison.Ordinal));
        if (command.Node.IsSuspected(node.Id) is true) text.Append(" suspected");
        return text.ToString();
    }

    private static void Drain(NodeCommand command, in CommandArgs args)
    {
        if (Find(command, args) is { } node) Ask(command, new DrainNode(node.Id));
    }

    private static void Undrain(NodeCommand command, in CommandArgs args)
    {
        if (Find(command, args) is not { } node) return;
        if (node.State != NodeState.Draining) command.Reply.Error($"ERR {node.Name} is not draining");
        else Ask(command, new AdmitNode(node.Id));
    }

    private static void Remove(NodeCommand command, in CommandArgs args)
    {
        if (Find(command, args) is { } node) Ask(command, new RemoveNode(node.Id));
    }

    private static NodeEntry? Find(NodeCommand command, in CommandArgs args)
    {
        if (Map(command) is not { } map) return null;
        var name = Encoding.UTF8.GetString(args[2]);
        foreach (var node in map.Nodes)
            if (node.Name == name && node.State != NodeState.Removed) return node;
        command.Reply.Error("ERR there is no such node: NODE LIST names all nodes"u8);
        return null;
    }
}
