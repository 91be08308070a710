using Quorate.Data.Commands;

namespace Quorate.Cluster.Commands;

/// <summary>A command that the node answers itself: what COMMAND says of it and what executes it.</summary>
public sealed record NodeCommandEntry
{
    public required CommandSpec Spec { get; init; }

    /// <summary>Null for a container that does nothing without a subcommand.</summary>
    public NodeCommandHandler? Handler { get; init; }

    public IReadOnlyList<NodeCommandEntry> Subcommands { get; init; } = [];

    /// <summary>One line of a table of commands.</summary>
    internal static NodeCommandEntry Command(
        string name,
        int arity,
        CommandFlags flags,
        string group,
        string since,
        string summary,
        NodeCommandHandler? handler,
        string complexity = "O(1)",
        (int First, int Last, int Step) keys = default,
        NodeCommandEntry[]? subcommands = null) => new()
        {
            Spec = new CommandSpec
            {
                Name = name,
                Arity = arity,
                Flags = flags,
                Route = CommandRoute.Node,
                FirstKey = keys.First,
                LastKey = keys.Last,
                KeyStep = keys.Step,
                Group = group,
                Since = since,
                Summary = summary,
                Complexity = complexity,
                Subcommands = subcommands is null ? [] : [.. subcommands.Select(s => s.Spec)],
            },
            Handler = handler,
            Subcommands = subcommands ?? [],
        };

    /// <summary>A command that does nothing without a subcommand, e.g. CLIENT.</summary>
    internal static NodeCommandEntry Container(
        string name, string group, string since, string summary, params NodeCommandEntry[] subcommands) =>
        Command(name, -2, CommandFlags.None, group, since, summary, null,
            complexity: "Depends on subcommand.", subcommands: subcommands);

    /// <summary>The HELP of a container: the lines that Redis prints around the given ones.</summary>
    /// <param name="container">Name of the container in lower case.</param>
    /// <param name="group">The container's group.</param>
    /// <param name="lines">The subcommands and, indented, what they do.</param>
    internal static NodeCommandEntry Help(string container, string group, params string[] lines) =>
        Command($"{container}|help", 2, CommandFlags.Loading | CommandFlags.Stale, group, "5.0.0",
            "Shows what the subcommands do",
            (NodeCommand command, in Resp.CommandArgs _) =>
            {
                command.Reply.Array(lines.Length + 3);
                command.Reply.Simple(Words.Bytes(
                    $"{container.ToUpperInvariant()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
                foreach (var line in lines) command.Reply.Simple(Words.Bytes(line));
                command.Reply.Simple("HELP"u8);
                command.Reply.Simple("    Prints this help."u8);
            });

    /// <summary>A handler that refuses with one error, prefix included.</summary>
    internal static NodeCommandHandler Refuse(string error) =>
        (NodeCommand command, in Resp.CommandArgs _) => command.Reply.Error(error);
}
