using Quorate.Data.Commands;
using Quorate.Resp;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>The node about itself: INFO, TIME, LOLWUT, MODULE, and what an operator may not do through a client.</summary>
internal static class ServerCommands
{
    /// <summary>The version of Redis whose commands' words and replies this node follows; clients choose features by
    /// it.</summary>
    public const string RedisVersion = "7.2.4";

    private const CommandFlags Operator = Admin | NoScript | Loading | Stale;

    public static readonly NodeCommandEntry[] Entries =
    [
        Command("info", -1, Loading | Stale, "server", "1.0.0", "Describes the node in sections of fields", Info),
        Command("time", 1, Loading | Stale | Fast, "server", "2.6.0", "Answers the node's wall clock time", Time),
        Command("lolwut", -1, ReadOnly | Fast, "server", "5.0.0", "Answers the version", Lolwut),
        Container("module", "server", "4.0.0", "A container for commands about modules",
            Command("module|list", 2, Admin | NoScript, "server", "4.0.0", "Answers an empty list: there are no modules",
                (NodeCommand command, in CommandArgs _) => command.Reply.Array(0)),
            NoModule("load", -3, "4.0.0"),
            NoModule("loadex", -3, "7.0.0"),
            NoModule("unload", 3, "4.0.0"),
            Help("module", "server", "LIST", "    Return a list of loaded modules: an empty one.")),
        Container("acl", "server", "6.0.0", "A container for commands about access control",
            Command("acl|whoami", 2, NoScript | Loading | Stale, "server", "6.0.0", "Answers the connection's user",
                (NodeCommand command, in CommandArgs _) => command.Reply.Bulk("default"u8)),
            Help("acl", "server", "WHOAMI", "    Return the current connection username: always the default user.")),
        Command("debug", -2, Operator, "server", "1.0.0", "Refused", Refuse(
            "ERR DEBUG command not allowed: it could stop or break a node on which others rely. "
            + "Use QUORATE STATUS to look into the node")),
        Command("shutdown", -1, Operator | NoMulti | AllowBusy, "server", "1.0.0", "Refused", Refuse(
            "ERR SHUTDOWN is not accepted from clients: stop the node's process instead (SIGTERM, or your service manager)")),
    ];

    private static NodeCommandEntry NoModule(string name, int arity, string since) =>
        Command($"module|{name}", arity, Admin | NoScript | NoAsyncLoading, "server", since, "Refused",
            Refuse("ERR MODULE command not allowed: this server has no modules"));

    private static void Info(NodeCommand command, in CommandArgs args)
    {
        var wanted = new List<string>();
        for (var i = 1; i < args.Count; i++) wanted.Add(Words.Text(args[i]).ToLowerInvariant());
        command.Reply.Verbatim(Words.Bytes(InfoText.Write(command, wanted)));
    }

    private static void Time(NodeCommand command, in CommandArgs args)
    {
        var milliseconds = command.Now.UnixMilliseconds;
        command.Reply.Array(2);
        command.Reply.BulkInteger(milliseconds / 1000);
        command.Reply.BulkInteger(milliseconds % 1000 * 1000);
    }

    private static void Lolwut(NodeCommand command, in CommandArgs args) =>
        command.Reply.Verbatim(Words.Bytes($"Quorate ver. {QuorateCommands.Version}\n"));
}
