using System.Globalization;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Resp;
using static Quorate.Cluster.Commands.ControlQuestions;

namespace Quorate.Cluster.Commands;

/// <summary>NODE ADD and NODE VOTERS: a node that joins, and how many decide.</summary>
internal static class NodeJoining
{
    /// <summary>Answers what the node has to know to take part, a line each: <c>node &lt;id&gt; &lt;name&gt;</c>, <c>founders
    /// &lt;id&gt;=&lt;name&gt;,...</c>, and <c>member &lt;id&gt; &lt;name&gt; &lt;peer address&gt; &lt;RESP address or -&gt;</c>
    /// for every node.</summary>
    public static void Add(NodeCommand command, in CommandArgs args)
    {
        if (Map(command) is null) return;
        var (name, peer) = (Words.Text(args[2]), Words.Text(args[3]));
        var said = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 4; i < args.Count; i += 2)
        {
            if (i + 1 < args.Count
                && Words.Text(args[i]).ToUpperInvariant() is "RESP" or "HTTP" or "PROVIDER" or "REGION" or "ZONE"
                && said.TryAdd(Words.Text(args[i]), Words.Text(args[i + 1])))
                continue;
            CommandErrors.Syntax(command.Reply);
            return;
        }

        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            command.Reply.Error("ERR a node's name has letters, digits, '-', '_' and '.'"u8);
            return;
        }

        if (!Words.IsPlain(args[3]) || !peer.Contains(':', StringComparison.Ordinal))
        {
            command.Reply.Error("ERR a node's peer address is host:port, at which the other nodes reach it"u8);
            return;
        }

        var labels = new NodeLabels(
            said.GetValueOrDefault("provider"), said.GetValueOrDefault("region"), said.GetValueOrDefault("zone"));
        var question = new JoinNode(name, peer, said.GetValueOrDefault("resp", ""), said.GetValueOrDefault("http", ""), labels);
        Await(command, command.Node.AskControl(question), () => Tell(command, name));
    }

    public static void Voters(NodeCommand command, in CommandArgs args)
    {
        if (Map(command) is not { } map) return;
        if (args.Count == 2) command.Reply.Integer(map.Group(ControlMachine.ControlGroup)!.Policy.Replicas);
        else if (args.Count > 3) CommandErrors.Syntax(command.Reply);
        else if (!Words.TryInteger(args[2], out var count) || count is < 1 or > PolicyCheck.MostReplicas)
            command.Reply.Error($"ERR there are 1 to {PolicyCheck.MostReplicas} voters");
        else Ask(command, new SetVoters((int)count));
    }

    private static void Tell(NodeCommand command, string name)
    {
        var (node, reply) = (command.Node, command.Reply);
        var self = node.Map!.Nodes.First(n => n.State != NodeState.Removed && n.Name == name);
        var members = node.Members;
        reply.Array(2 + members.Count);
        Line($"node {self.Id.Value} {self.Name}");
        Line("founders " + string
            .Join(',', node.Options.Founders.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Id.Value}={m.Name}"))));
        foreach (var member in members)
            Line(string.Create(
                CultureInfo.InvariantCulture,
                $"member {member.Id.Value} {member.Name} {Or(member.PeerAddress)} {Or(member.RespAddress)}"));

        void Line(string line) => reply.Bulk(Words.Bytes(line));
        static string Or(string address) => address.Length > 0 ? address : "-";
    }
}
