using System.Globalization;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Resp;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>
/// SENTINEL, as far as clients ask it where a leader is: the master's name is a keyspace's. StackExchange.Redis asks every server
/// for
/// <c>SENTINEL MASTERS</c> and takes whoever answers with a list for a Sentinel that holds no data; so that list is for clients
/// that have said by CLIENT SETINFO that they are another library.
/// </summary>
internal static class SentinelCommands
{
    private const string TakesListsForSentinels = "SE.Redis";

    public static readonly NodeCommandEntry[] Entries =
    [
        Container("sentinel", "sentinel", "2.8.4", "A container for questions about the leaders of keyspaces",
            Sub("get-master-addr-by-name", 3, "Answers the address of the node that leads the keyspace", Address),
            Sub("master", 3, "Describes the node that leads the keyspace", Master),
            Sub("masters", 2, "Describes the leaders of all keyspaces", Masters),
            Sub("replicas", 3, "Describes the other replicas of the keyspace", Replicas),
            Sub("slaves", 3, "Describes the other replicas of the keyspace", Replicas),
            Sub("sentinels", 3, "Describes the other nodes, which can be asked the same", Sentinels),
            Sub(
                "myid", 2, "Answers the node's name",
                (NodeCommand command, in CommandArgs _) =>
                    command.Reply.Bulk(NodeNames.NodeName(command.Node, command.Node.Self.Id))),
            Help("sentinel", "sentinel",
                "GET-MASTER-ADDR-BY-NAME <keyspace>", "    Return host and port of the node that leads the keyspace.",
                "MASTER <keyspace>", "    Describe that node.",
                "MASTERS", "    Describe the leaders of all keyspaces (to clients that have said CLIENT SETINFO LIB-NAME).",
                "MYID", "    Return this node's name.",
                "REPLICAS <keyspace>", "    Describe the keyspace's other replicas.",
                "SENTINELS <keyspace>", "    Describe the other nodes: any of them can be asked.")),
    ];

    private static NodeCommandEntry Sub(string name, int arity, string summary, NodeCommandHandler handler) =>
        Command($"sentinel|{name}", arity, Admin | NoScript | Loading | Stale, "sentinel", "2.8.4", summary, handler);

    private static void Address(NodeCommand command, in CommandArgs args)
    {
        if (ControlQuestions.Map(command) is not { } map) return;
        if (map.Keyspace(Words.Text(args[2])) is not { } keyspace
            || Member(command, command.Node.LeaderOf(GroupOf(keyspace))) is not { } leader)
        {
            command.Reply.NullArray();
            return;
        }

        var (host, port) = Words.Address(leader.RespAddress);
        command.Reply.Array(2);
        command.Reply.Bulk(host);
        command.Reply.BulkInteger(port);
    }

    private static void Master(NodeCommand command, in CommandArgs args)
    {
        if (Find(command, args) is { } keyspace) Describe(command, keyspace);
    }

    private static void Masters(NodeCommand command, in CommandArgs args)
    {
        if (ControlQuestions.Map(command) is not { } map) return;
        if (command.Session.LibName.Length == 0
            || command.Session.LibName.StartsWith(TakesListsForSentinels, StringComparison.Ordinal))
        {
            command.Reply.Error(
                "ERR this is not a Sentinel but a node that holds data: use SENTINEL GET-MASTER-ADDR-BY-NAME <keyspace>, or "u8
                    + "name the client's library by CLIENT SETINFO first"u8);
            return;
        }

        command.Reply.Array(map.Keyspaces.Count);
        foreach (var keyspace in map.Keyspaces) Describe(command, keyspace);
    }

    private static void Replicas(NodeCommand command, in CommandArgs args)
    {
        if (Find(command, args) is not { } keyspace) return;
        var leader = command.Node.LeaderOf(GroupOf(keyspace));
        // Clients look here for replicas to read from: a delayed one is none.
        var configuration = command.Node.Map!.Group(GroupOf(keyspace))?.Configuration;
        var members = configuration?.Members.Where(n => n != leader && !configuration.Standby.Delayed.Contains(n))
            .Select(n => Member(command, n)).OfType<Member>().ToList()
            ?? [];
        command.Reply.Array(members.Count);
        foreach (var member in members) Describe(command, member, "slave");
    }

    private static void Sentinels(NodeCommand command, in CommandArgs args)
    {
        if (Find(command, args) is null) return;
        var others = command.Node.Members.Where(m => m.Id != command.Node.Self.Id).ToList();
        command.Reply.Array(others.Count);
        foreach (var member in others) Describe(command, member, "sentinel");
    }

    private static KeyspaceEntry? Find(NodeCommand command, in CommandArgs args)
    {
        if (ControlQuestions.Map(command) is not { } map) return null;
        if (map.Keyspace(Words.Text(args[2])) is { } keyspace) return keyspace;
        command.Reply.Error("ERR No such master with that name"u8);
        return null;
    }

    /// <summary>Sentinel knows one leader of a keyspace. Of several groups the one of the first slot stands for all: every node
    /// takes every command, and hands it to the group that it concerns.</summary>
    private static GroupId GroupOf(KeyspaceEntry keyspace) => keyspace.GroupOf(slot: 0);

    private static Member? Member(NodeCommand command, NodeId id) => command.Node.Members.FirstOrDefault(m => m.Id == id);

    private static void Describe(NodeCommand command, KeyspaceEntry keyspace)
    {
        var leader = Member(command, command.Node.LeaderOf(GroupOf(keyspace)));
        var (host, port) = Words.Address(leader?.RespAddress ?? "");
        var configuration = command.Node.Map!.Group(GroupOf(keyspace))?.Configuration;
        var replicas = configuration is null ? 0 : configuration.Members.Count() - configuration.Standby.Delayed.Count;
        Fields(
            command,
            ("name", keyspace.Name),
            ("ip", host), ("port", Text(port)), ("runid", leader is null ? "" : NodeNames.NodeName(command.Node, leader.Id)),
            ("flags", leader is null ? "master,o_down" : "master"), ("num-slaves", Text(Math.Max(0, replicas - 1))),
            ("num-other-sentinels", Text(command.Node.Members.Count - 1)),
            ("quorum", Text((command.Node.Members.Count / 2) + 1)));
    }

    private static void Describe(NodeCommand command, Member member, string flags)
    {
        var (host, port) = Words.Address(member.RespAddress);
        if (command.Node.IsSuspected(member.Id) is true) flags += ",s_down";
        Fields(
            command,
            ("name", member.Name),
            ("ip", host), ("port", Text(port)), ("runid", NodeNames.NodeName(command.Node, member.Id)), ("flags", flags),
            ("master-link-status", "ok"));
    }

    private static void Fields(NodeCommand command, params (string Name, string Value)[] fields)
    {
        command.Reply.Map(fields.Length);
        foreach (var (name, value) in fields)
        {
            command.Reply.Bulk(name);
            command.Reply.Bulk(value);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
