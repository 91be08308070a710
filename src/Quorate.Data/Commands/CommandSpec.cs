using Quorate.Data.Merging;
using Quorate.Resp;

namespace Quorate.Data.Commands;

/// <summary>What a command is, in the words of COMMAND INFO.</summary>
[Flags]
public enum CommandFlags
{
    None = 0,
    Write = 1 << 0,
    ReadOnly = 1 << 1,
    DenyOom = 1 << 2,
    Admin = 1 << 3,
    PubSub = 1 << 4,
    NoScript = 1 << 5,
    Blocking = 1 << 6,
    Loading = 1 << 7,
    Stale = 1 << 8,
    SkipMonitor = 1 << 9,
    SkipSlowlog = 1 << 10,
    Asking = 1 << 11,
    Fast = 1 << 12,
    NoAuth = 1 << 13,
    NoAsyncLoading = 1 << 14,
    NoMulti = 1 << 15,
    AllowBusy = 1 << 16,
    MovableKeys = 1 << 17,
}

/// <summary>Where a command is executed.</summary>
public enum CommandRoute
{
    /// <summary>On the local state, once the group says it may be read.</summary>
    Read,

    /// <summary>On every replica, through the log.</summary>
    Write,

    /// <summary>By the node itself; it touches no keyspace.</summary>
    Node,
}

/// <summary>Which groups of a keyspace a command concerns that names no key.</summary>
public enum KeylessReach : byte
{
    /// <summary>All of them: it is about the whole keyspace.</summary>
    EveryGroup,

    /// <summary>None more than another: the first answers.</summary>
    FirstGroup,
}

/// <summary>Executes a command that has an acceptable number of words. Writes exactly one reply.</summary>
public delegate void CommandHandler(CommandContext context, in CommandArgs args);

/// <summary>Executes a command on a merging keyspace: no order of writes, so it changes only what merges. Writes exactly one
/// reply.</summary>
public delegate void MergingHandler(MergingContext context, in CommandArgs args);

/// <summary>One command, as data.</summary>
public sealed record CommandSpec
{
    /// <summary>Lower case; a subcommand's is <c>container|subcommand</c>, as error texts and COMMAND INFO have it.</summary>
    public required string Name { get; init; }

    /// <summary>Number of words, the name included; negative: at least so many.</summary>
    public required int Arity { get; init; }

    public CommandFlags Flags { get; init; }

    public required CommandRoute Route { get; init; }

    /// <summary>Position of the first key; 0: the command names no key.</summary>
    public int FirstKey { get; init; }

    /// <summary>Position of the last key; negative counts from the end, -1 being the last word.</summary>
    public int LastKey { get; init; }

    /// <summary>From one key to the next.</summary>
    public int KeyStep { get; init; }

    /// <summary>It names keys, at the positions above.</summary>
    public bool NamesKeys => FirstKey > 0 && LastKey != 0;

    /// <summary>Of a command without keys; of others it means nothing.</summary>
    public KeylessReach Reach { get; init; }

    public string Summary { get; init; } = "";

    /// <summary>The Redis version that first had it.</summary>
    public string Since { get; init; } = "1.0.0";

    /// <summary>string, bitmap, generic, server, connection, cluster ...</summary>
    public string Group { get; init; } = "generic";

    public string Complexity { get; init; } = "O(1)";

    /// <summary>Null for a container of subcommands and for what the node executes.</summary>
    public CommandHandler? Handler { get; init; }

    /// <summary>Null for what a merging keyspace refuses.</summary>
    public MergingHandler? MergingHandler { get; init; }

    /// <summary>What becomes of concurrent uses in a merging keyspace, in a few words.</summary>
    public string Merging { get; init; } = "";

    public IReadOnlyList<CommandSpec> Subcommands { get; init; } = [];

    public bool AcceptsCount(int words) => Arity >= 0 ? words == Arity : words >= -Arity;

    /// <summary>The flags as COMMAND INFO spells them.</summary>
    public IEnumerable<string> FlagNames()
    {
        foreach (var flag in Enum.GetValues<CommandFlags>())
            if (flag != CommandFlags.None && (Flags & flag) != 0) yield return NameOf(flag);
    }

    private static string NameOf(CommandFlags flag) => flag switch
    {
        CommandFlags.NoAsyncLoading => "no_async_loading",
        CommandFlags.NoAuth => "no_auth",
        CommandFlags.NoMulti => "no_multi",
        CommandFlags.AllowBusy => "allow_busy",
        CommandFlags.SkipMonitor => "skip_monitor",
        CommandFlags.SkipSlowlog => "skip_slowlog",
        _ => flag.ToString().ToLowerInvariant(),
    };
}
