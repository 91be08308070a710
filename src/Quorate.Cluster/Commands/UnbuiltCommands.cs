using Quorate.Data.Commands;
using static Quorate.Cluster.Commands.NodeCommandEntry;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Cluster.Commands;

/// <summary>
/// Commands that clients know from Redis and that are not built. They are answered with an error that says so, not as
/// unknown commands: a user should not look for a typing error.
/// </summary>
internal static class UnbuiltCommands
{
    private const CommandFlags Script = NoScript | Stale | SkipMonitor | MovableKeys;

    public static readonly NodeCommandEntry[] Entries =
    [
        Transaction("multi", 1, NoScript | Loading | Stale | Fast | AllowBusy, "1.2.0"),
        Command("exec", 1, NoScript | Loading | Stale | SkipSlowlog, "transactions", "1.2.0", "Not built",
            Refuse("ERR EXEC without MULTI (transactions are not built yet)")),
        Command("discard", 1, NoScript | Loading | Stale | Fast | AllowBusy, "transactions", "2.0.0", "Not built",
            Refuse("ERR DISCARD without MULTI (transactions are not built yet)")),
        Transaction("watch", -2, NoScript | Loading | Stale | Fast | AllowBusy, "2.2.0", (1, -1, 1)),
        Transaction("unwatch", 1, NoScript | Loading | Stale | Fast | AllowBusy, "2.2.0"),
        Scripting("eval", -3, Script, "2.6.0"),
        Scripting("evalsha", -3, Script, "2.6.0"),
        Scripting("eval_ro", -3, Script | ReadOnly, "7.0.0"),
        Scripting("evalsha_ro", -3, Script | ReadOnly, "7.0.0"),
        Scripting("fcall", -3, Script, "7.0.0"),
        Scripting("fcall_ro", -3, Script | ReadOnly, "7.0.0"),
        Scripting("script", -2, CommandFlags.None, "2.6.0"),
        Scripting("function", -2, CommandFlags.None, "7.0.0"),
        Command("monitor", 1, Admin | NoScript | Loading | Stale, "server", "1.0.0", "Not built",
            Refuse("ERR MONITOR is not built yet")),
        Persistence("save", 1, Admin | NoScript | NoAsyncLoading | NoMulti),
        Persistence("bgsave", -1, Admin | NoScript | NoAsyncLoading),
        Persistence("bgrewriteaof", 1, Admin | NoScript | NoAsyncLoading),
    ];

    private static NodeCommandEntry Transaction(
        string name, int arity, CommandFlags flags, string since, (int, int, int) keys = default) =>
        Command(name, arity, flags, "transactions", since, "Not built",
            Refuse($"ERR {name.ToUpperInvariant()} is not built yet: this version has no transactions"), keys: keys);

    private static NodeCommandEntry Scripting(string name, int arity, CommandFlags flags, string since) =>
        Command(name, arity, flags, "scripting", since, "Not built",
            Refuse($"ERR {name.ToUpperInvariant()} is not built yet: this version runs no scripts"));

    private static NodeCommandEntry Persistence(string name, int arity, CommandFlags flags) =>
        Command(name, arity, flags, "server", "1.0.0", "Refused",
            Refuse($"ERR {name.ToUpperInvariant()} is not used here: writes go to the node's journal as they happen, "
                + "and the node takes and drops its snapshots itself"));
}
