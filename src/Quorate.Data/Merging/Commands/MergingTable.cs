using Quorate.Data.Commands;

namespace Quorate.Data.Merging.Commands;

/// <summary>The commands of merging keyspaces, as data: those that merge, and all others as refused.</summary>
public static class MergingTable
{
    private static readonly CommandSpec[] Merging =
    [
        .. MergingStrings.Commands, .. MergingCounters.Commands, .. MergingKeys.Commands, .. MergingExpiry.Commands,
        .. MergingSets.Commands, .. MergingHashes.Commands, .. MergingSortedSets.Commands, .. MergingScan.Commands,
        .. Conflicts.Commands,
    ];

    /// <summary>Every command on keyspace contents; what has no <see cref="CommandSpec.MergingHandler"/> is refused by
    /// <see cref="MergingStore.Execute"/>.</summary>
    public static IReadOnlyList<CommandSpec> Keyspace { get; } =
        [.. Merging, .. CommandTable.Keyspace.Where(c => Merging.All(m => m.Name != c.Name))];

    /// <summary>A command on one key, or on keys at regular places.</summary>
    internal static CommandSpec Entry(
        string name, int arity, string group, string summary, string merging, MergingHandler handler,
        bool isWrite = true, int lastKey = 1, int keyStep = 1, string since = "1.0.0", string complexity = "O(1)") => new()
        {
            Name = name,
            Arity = arity,
            Flags = isWrite ? CommandFlags.Write : CommandFlags.ReadOnly,
            Route = isWrite ? CommandRoute.Write : CommandRoute.Read,
            FirstKey = lastKey == 0 ? 0 : 1,
            LastKey = lastKey,
            KeyStep = lastKey == 0 ? 0 : keyStep,
            Since = since,
            Group = group,
            Summary = summary,
            Complexity = complexity,
            Merging = merging,
            MergingHandler = handler,
        };
}
