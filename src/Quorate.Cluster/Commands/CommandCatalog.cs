using System.Collections.Frozen;
using Quorate.Data.Commands;
using Quorate.Data.Merging.Commands;
using Quorate.Data.Registers;
using Quorate.Resp;

namespace Quorate.Cluster.Commands;

/// <summary>Every command a client may send to a node: those of the data and those that the node answers itself.</summary>
public static class CommandCatalog
{
    /// <summary>Commands that only keyspaces have whose data merges, or whose keys are agreed on one by one.</summary>
    private static IEnumerable<CommandSpec> OfOtherKeyspaces =>
        MergingTable.Keyspace.Concat(RegisterTable.Keyspace)
            .Where(spec => CommandTable.Keyspace.All(known => known.Name != spec.Name));

    /// <summary>In alphabetical order.</summary>
    public static IReadOnlyList<CommandSpec> All { get; } =
    [
        .. CommandTable.Keyspace.Concat(NodeCommandTable.All.Select(entry => entry.Spec)).Concat(OfOtherKeyspaces)
            .OrderBy(spec => spec.Name, StringComparer.Ordinal),
    ];

    internal static IReadOnlyList<CommandSpec> AllWithSubcommands { get; } =
        [.. All.SelectMany(spec => spec.Subcommands.Prepend(spec))];

    private static readonly FrozenDictionary<string, CommandSpec> ByName =
        AllWithSubcommands.ToFrozenDictionary(spec => spec.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Finds by full name in any case, e.g. <c>get</c> or <c>client|list</c>.</summary>
    public static CommandSpec? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Finds what a whole command would execute: the subcommand where there is one.</summary>
    internal static CommandSpec? FindFor(in CommandArgs args)
    {
        var spec = Find(Words.Text(args.Name));
        if (spec is null || spec.Subcommands.Count == 0 || args.Count < 2) return spec;
        return Find($"{spec.Name}|{Words.Text(args[1])}") ?? spec;
    }
}
