using Quorate.Data.Commands;
using Quorate.Resp;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>
/// LATENCY and SLOWLOG. Neither samples anything yet (CONFIG GET shows both switched off), so all they have to show is
/// empty; exporters ask for it nevertheless.
/// </summary>
internal static class DiagnosticCommands
{
    private const CommandFlags AdminFlags = Admin | NoScript | Loading | Stale;

    public static readonly NodeCommandEntry[] Entries =
    [
        Container("latency", "server", "2.8.13", "A container for commands about latency",
            Latency("latest", 2, (NodeCommand command, in CommandArgs _) => command.Reply.Array(0)),
            Latency("history", 3, (NodeCommand command, in CommandArgs _) => command.Reply.Array(0)),
            Latency("reset", -2, (NodeCommand command, in CommandArgs _) => command.Reply.Integer(0)),
            Latency("histogram", -2, (NodeCommand command, in CommandArgs _) => command.Reply.Map(0)),
            Latency("graph", 3, (NodeCommand command, in CommandArgs args) => command.Reply.Error(
                Words.Bytes($"ERR No samples available for event '{Words.Text(args[2])}'"))),
            Latency("doctor", 2, (NodeCommand command, in CommandArgs _) => command.Reply.Verbatim(
                "Latencies are not sampled by this version, so there is nothing to report on.\n"u8)),
            Help("latency", "server",
                "DOCTOR", "    Return a human readable latency analysis report.",
                "GRAPH <event>", "    Return an error: there are no samples.",
                "HISTORY <event>", "    Return time-latency samples for the <event> class: none.",
                "LATEST", "    Return the latest latency samples for all events: none.",
                "RESET [<event> ...]", "    Return 0: there is nothing to reset.",
                "HISTOGRAM [COMMAND ...]", "    Return an empty distribution of latencies.")),
        Container("slowlog", "server", "2.2.12", "A container for commands about slow commands",
            Slowlog("get", -2, SlowlogGet),
            Slowlog("len", 2, (NodeCommand command, in CommandArgs _) => command.Reply.Integer(0)),
            Slowlog("reset", 2, (NodeCommand command, in CommandArgs _) => command.Reply.Ok()),
            Help("slowlog", "server",
                "GET [<count>]", "    Return top <count> entries from the slowlog: none are kept.",
                "LEN", "    Return the length of the slowlog: 0.",
                "RESET", "    Reset the slowlog.")),
    ];

    private static NodeCommandEntry Latency(string name, int arity, NodeCommandHandler handler) =>
        Command($"latency|{name}", arity, AdminFlags, "server", name == "histogram" ? "7.0.0" : "2.8.13",
            "Nothing is sampled yet", handler);

    private static NodeCommandEntry Slowlog(string name, int arity, NodeCommandHandler handler) =>
        Command($"slowlog|{name}", arity, Admin | Loading | Stale, "server", "2.2.12", "Nothing is logged yet", handler);

    private static void SlowlogGet(NodeCommand command, in CommandArgs args)
    {
        if (args.Count > 3)
            CommandErrors.WrongArity(command.Reply, "slowlog|get");
        else if (args.Count == 3 && (!Words.TryInteger(args[2], out var count) || count < -1))
            command.Reply.Error("ERR count should be greater than or equal to -1"u8);
        else
            command.Reply.Array(0);
    }
}
