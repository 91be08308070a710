using System.Collections.Frozen;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Commands;

/// <summary>All commands that the node answers itself. Immutable, so every node may use it at once.</summary>
public static class NodeCommandTable
{
    private const int LongestName = 64;

    /// <summary>In alphabetical order of name.</summary>
    public static IReadOnlyList<NodeCommandEntry> All { get; } =
    [
        .. new[]
        {
            ConnectionCommands.Entries,
            ClientCommands.Entries,
            CommandCommands.Entries,
            ConfigCommands.Entries,
            ServerCommands.Entries,
            ReplicationCommands.Entries,
            DiagnosticCommands.Entries,
            ClusterCommands.Entries,
            ReadsCommands.Entries,
            PubSubCommands.Entries,
            UnbuiltCommands.Entries,
            QuorateCommands.Entries,
            KeyspaceCommands.Entries,
            NodeCommands.Entries,
            SentinelCommands.Entries,
        }.SelectMany(entries => entries).OrderBy(entry => entry.Spec.Name, StringComparer.Ordinal),
    ];

    private static readonly FrozenDictionary<string, NodeCommandEntry> ByName =
        All.Concat(All.SelectMany(entry => entry.Subcommands))
            .ToFrozenDictionary(entry => entry.Spec.Name, StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, NodeCommandEntry>.AlternateLookup<ReadOnlySpan<char>> Lookup =
        ByName.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Finds a command by its first word, in any case.</summary>
    /// <returns>Null when the node does not answer such a command itself.</returns>
    public static NodeCommandEntry? Find(ReadOnlySpan<byte> name)
    {
        if (name.Length > LongestName || name.Contains((byte)'|')) return null;
        Span<char> text = stackalloc char[LongestName];
        for (var i = 0; i < name.Length; i++) text[i] = (char)name[i];
        return Lookup.TryGetValue(text[..name.Length], out var entry) ? entry : null;
    }

    /// <summary>The subcommand that the words name if the command has subcommands and it is one of them, else the
    /// command.</summary>
    public static NodeCommandEntry Resolve(NodeCommandEntry entry, in CommandArgs args)
    {
        if (entry.Subcommands.Count == 0 || args.Count < 2) return entry;
        var prefix = entry.Spec.Name.Length + 1;
        foreach (var candidate in entry.Subcommands)
        {
            if (Words.Is(args[1], candidate.Spec.Name.AsSpan(prefix))) return candidate;
        }

        return entry;
    }

    /// <summary>
    /// Checks the number of words and what a subscriber may do, and executes. The reply is written before this returns
    /// unless <see cref="NodeCommand.IsWaiting"/>. Calls <see cref="SessionState.BeginCommand"/> and counts an error itself.
    /// </summary>
    public static void Execute(NodeCommandEntry entry, NodeCommand command, in CommandArgs args, StepTime now)
    {
        var target = Resolve(entry, args);
        var reply = command.Reply;
        command.Now = now;
        command.IsSilent = command.Session.BeginCommand(target.Spec.Name, now);
        reply.Protocol = command.Session.Protocol;
        var start = reply.Length;
        if (ReferenceEquals(target, entry) && entry.Subcommands.Count > 0 && args.Count > 1)
            CommandErrors.UnknownSubcommand(reply, entry.Spec.Name, args[1]);
        else if (!target.Spec.AcceptsCount(args.Count) || target.Handler is null)
            CommandErrors.WrongArity(reply, target.Spec.Name);
        else if (command.Session.IsSubscriberOnly && !IsForSubscribers(target.Spec.Name))
            CommandErrors.NotWhileSubscribed(reply, target.Spec.Name);
        else
            target.Handler(command, args);

        if (command.IsSilent)
            reply.Truncate(start);
        else if (reply.Length > start && reply.Written.Span[start] == '-')
            command.Node.Statistics.CountError(reply.Written.Span[(start + 1)..]);
    }

    private static bool IsForSubscribers(string name) => name is
        "ping" or "quit" or "reset" or "subscribe" or "unsubscribe" or "psubscribe" or "punsubscribe";
}
