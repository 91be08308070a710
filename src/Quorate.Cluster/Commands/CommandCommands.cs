using Quorate.Data.Commands;
using Quorate.Resp;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>COMMAND: what the node says of all its commands, those of the data included.</summary>
internal static class CommandCommands
{
    public static readonly NodeCommandEntry[] Entries =
    [
        Command("command", -1, Loading | Stale, "server", "2.8.13", "Describes all commands", All,
            complexity: "O(N) where N is the number of commands", subcommands:
            [
                Sub("count", 2, "2.8.13", "Answers the number of commands", Count),
                Sub("info", -2, "2.8.13", "Describes the given commands, or all", Info),
                Sub("docs", -2, "7.0.0", "Documents the given commands, or all", Docs),
                Sub("list", -2, "7.0.0", "Answers the names of commands", List),
                Sub("getkeys", -3, "2.8.13", "Answers the keys in a whole command", GetKeys),
                Sub("getkeysandflags", -3, "7.0.0", "Answers the keys in a whole command and what it does to them",
                    GetKeysAndFlags),
                Help("command", "server",
                    "(no subcommand)", "    Return details about all commands.",
                    "COUNT", "    Return the total number of commands in this server.",
                    "DOCS [<command-name> ...]", "    Return documentation details about multiple commands.",
                    "GETKEYS <full-command>", "    Return the keys from a full command.",
                    "GETKEYSANDFLAGS <full-command>", "    Return the keys and the access flags from a full command.",
                    "INFO [<command-name> ...]", "    Return details about multiple commands.",
                    "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
                    "    Return a list of all commands in this server."),
            ]),
    ];

    private static NodeCommandEntry Sub(string name, int arity, string since, string summary, NodeCommandHandler handler) =>
        Command($"command|{name}", arity, Loading | Stale, "server", since, summary, handler,
            complexity: "O(N) where N is the number of commands");

    private static void All(NodeCommand command, in CommandArgs args)
    {
        command.Reply.Array(CommandCatalog.All.Count);
        foreach (var spec in CommandCatalog.All) CommandDescription.WriteShape(command.Reply, spec);
    }

    private static void Count(NodeCommand command, in CommandArgs args) => command.Reply.Integer(CommandCatalog.All.Count);

    private static void Info(NodeCommand command, in CommandArgs args)
    {
        if (args.Count == 2)
        {
            All(command, args);
            return;
        }

        command.Reply.Array(args.Count - 2);
        for (var i = 2; i < args.Count; i++)
        {
            if (CommandCatalog.Find(Words.Text(args[i])) is { } spec) CommandDescription.WriteShape(command.Reply, spec);
            else command.Reply.NullArray();
        }
    }

    private static void Docs(NodeCommand command, in CommandArgs args)
    {
        var specs = CommandCatalog.All;
        if (args.Count > 2)
        {
            var found = new List<CommandSpec>();
            for (var i = 2; i < args.Count; i++)
                if (CommandCatalog.Find(Words.Text(args[i])) is { } spec) found.Add(spec);
            specs = found;
        }

        command.Reply.Map(specs.Count);
        foreach (var spec in specs)
        {
            command.Reply.Bulk(spec.Name);
            CommandDescription.WriteDocumentation(command.Reply, spec);
        }
    }

    private static void List(NodeCommand command, in CommandArgs args)
    {
        IEnumerable<CommandSpec> specs = CommandCatalog.All;
        if (args.Count == 5 && Words.Is(args[2], "FILTERBY") && Words.Is(args[3], "PATTERN"))
        {
            // Redis lists subcommands, too, when it filters.
            var pattern = args[4].ToArray();
            specs = CommandCatalog.AllWithSubcommands.Where(s => Glob.Matches(pattern, Words.Bytes(s.Name), ignoreCase: true));
        }
        else if (args.Count == 5 && Words.Is(args[2], "FILTERBY") && Words.Is(args[3], "ACLCAT"))
        {
            var category = '@' + Words.Text(args[4]).ToLowerInvariant();
            specs = CommandCatalog.AllWithSubcommands.Where(s => CommandDescription.CategoriesOf(s).Contains(category));
        }
        else if (args.Count == 5 && Words.Is(args[2], "FILTERBY") && Words.Is(args[3], "MODULE"))
        {
            specs = [];
        }
        else if (args.Count != 2)
        {
            CommandErrors.Syntax(command.Reply);
            return;
        }

        var names = specs.Select(s => s.Name).ToArray();
        command.Reply.Array(names.Length);
        foreach (var name in names) command.Reply.Bulk(name);
    }

    private static void GetKeys(NodeCommand command, in CommandArgs args)
    {
        if (!TryFindKeys(command, args, out _, out var keys)) return;
        command.Reply.Array(keys.Count);
        foreach (var key in keys) command.Reply.Bulk(args[key]);
    }

    private static void GetKeysAndFlags(NodeCommand command, in CommandArgs args)
    {
        if (!TryFindKeys(command, args, out var spec, out var keys)) return;
        command.Reply.Array(keys.Count);
        foreach (var key in keys)
        {
            command.Reply.Array(2);
            command.Reply.Bulk(args[key]);
            CommandDescription.WriteKeyFlags(command.Reply, spec);
        }
    }

    /// <summary>Positions of the keys among the words of COMMAND GETKEYS itself.</summary>
    private static bool TryFindKeys(NodeCommand command, in CommandArgs args, out CommandSpec spec, out List<int> keys)
    {
        keys = [];
        spec = null!;
        var inner = args.From(2);
        if (CommandCatalog.FindFor(inner) is not { } found)
        {
            command.Reply.Error("ERR Invalid command specified"u8);
            return false;
        }

        spec = found;
        if (spec.FirstKey == 0)
        {
            command.Reply.Error("ERR The command has no key arguments"u8);
            return false;
        }

        if (!spec.AcceptsCount(inner.Count))
        {
            command.Reply.Error("ERR Invalid number of arguments specified for command"u8);
            return false;
        }

        var last = spec.LastKey < 0 ? inner.Count + spec.LastKey : spec.LastKey;
        for (var i = spec.FirstKey; i <= last && i < inner.Count; i += Math.Max(1, spec.KeyStep)) keys.Add(i + 2);
        return true;
    }
}
