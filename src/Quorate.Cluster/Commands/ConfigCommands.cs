using Quorate.Data.Commands;
using Quorate.Resp;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>CONFIG. A parameter that the node does not act on cannot be set to another value: accepting it would lie.</summary>
internal static class ConfigCommands
{
    private const CommandFlags AdminFlags = Admin | NoScript | Loading | Stale;

    public static readonly NodeCommandEntry[] Entries =
    [
        Container("config", "server", "2.0.0", "A container for commands about the configuration",
            Command("config|get", -3, AdminFlags, "server", "2.0.0", "Answers the parameters that match the patterns", Get,
                complexity: "O(N) where N is the number of parameters"),
            Command("config|set", -4, AdminFlags, "server", "2.0.0", "Sets parameters, all or none", Set,
                complexity: "O(N) where N is the number of parameters"),
            Command("config|resetstat", 2, AdminFlags, "server", "2.0.0", "Sets the counters of INFO to zero",
                (NodeCommand command, in CommandArgs _) =>
                {
                    command.Node.Statistics.Reset();
                    command.Reply.Ok();
                }),
            Command("config|rewrite", 2, AdminFlags, "server", "2.8.0", "Refused: there is no configuration file to rewrite",
                Refuse("ERR The server is running without a config file")),
            Help("config", "server",
                "GET <pattern> [<pattern> ...]", "    Return parameters matching the glob-like <pattern> and their values.",
                "SET <directive> <value> [<directive> <value> ...]", "    Set the configuration <directive> to <value>.",
                "RESETSTAT", "    Reset statistics reported by the INFO command.",
                "REWRITE", "    Refused: this node has no configuration file of its own.")),
    ];

    private static void Get(NodeCommand command, in CommandArgs args)
    {
        var found = new List<ConfigParameter>();
        foreach (var parameter in ConfigTable.All)
        {
            var name = Words.Bytes(parameter.Name);
            for (var i = 2; i < args.Count; i++)
            {
                if (!Glob.Matches(args[i], name, ignoreCase: true)) continue;
                found.Add(parameter);
                break;
            }
        }

        command.Reply.Map(found.Count);
        foreach (var parameter in found)
        {
            command.Reply.Bulk(parameter.Name);
            command.Reply.Bulk(parameter.ValueOn(command.Node));
        }
    }

    private static void Set(NodeCommand command, in CommandArgs args)
    {
        if (args.Count % 2 != 0)
        {
            CommandErrors.Syntax(command.Reply);
            return;
        }

        // Everything is checked before anything is changed.
        var changes = new List<(ConfigParameter Parameter, string Value)>();
        for (var i = 2; i < args.Count; i += 2)
        {
            var name = Words.Text(args[i]);
            if (ConfigTable.Find(name) is not { } parameter)
            {
                command.Reply.Error(Words.Bytes($"ERR Unknown option or number of arguments for CONFIG SET - '{name}'"));
                return;
            }

            var value = Words.Text(args[i + 1]);
            var complaint = changes.Any(c => c.Parameter == parameter) ? "duplicate parameter" : parameter.Check(value);
            if (complaint is null)
            {
                value = parameter.Normalize(value);
                if (value == parameter.ValueOn(command.Node)) continue;
                if (parameter.IsSettable) changes.Add((parameter, value));
                else complaint = "can't set immutable config";
            }

            if (complaint is null) continue;
            Fail(command, parameter, complaint);
            return;
        }

        var undo = new Stack<(ConfigParameter Parameter, string Value)>();
        foreach (var (parameter, value) in changes)
        {
            var old = parameter.ValueOn(command.Node);
            if (!command.Node.TrySetConfig(parameter.Name, value))
            {
                foreach (var (p, v) in undo) command.Node.TrySetConfig(p.Name, v);
                Fail(command, parameter, "can't set immutable config");
                return;
            }

            undo.Push((parameter, old));
        }

        command.Reply.Ok();
    }

    private static void Fail(NodeCommand command, ConfigParameter parameter, string complaint) => command.Reply.Error(
        $"ERR CONFIG SET failed (possibly related to argument '{parameter.Name}') - {complaint}");
}
