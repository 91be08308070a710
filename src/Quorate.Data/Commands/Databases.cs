using Quorate.Resp;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Data.Commands;

/// <summary>Whole databases.</summary>
internal static class Databases
{
    public static readonly CommandSpec[] Commands =
    [
        new()
        {
            Name = "dbsize", Arity = 1, Flags = ReadOnly | Fast, Route = CommandRoute.Read,
            Group = "server", Summary = "Return the number of keys in the selected database", Handler = DbSize,
        },
        new()
        {
            Name = "flushdb", Arity = -1, Flags = Write, Route = CommandRoute.Write,
            Group = "server", Summary = "Remove all keys from the current database", Handler = FlushDb,
        },
        new()
        {
            Name = "flushall", Arity = -1, Flags = Write, Route = CommandRoute.Write,
            Group = "server", Summary = "Remove all keys from all databases", Handler = FlushAll,
        },
        new()
        {
            Name = "swapdb", Arity = 3, Flags = Write | Fast, Route = CommandRoute.Write,
            Group = "server", Since = "4.0.0", Summary = "Swaps two Redis databases", Handler = SwapDb,
        },
    ];

    private static void DbSize(CommandContext context, in CommandArgs args) => context.Reply.Integer(context.Database.Count);

    private static void FlushDb(CommandContext context, in CommandArgs args)
    {
        if (!TakesFlush(context, args)) return;
        context.Machine.Clear(context.Database);
        context.Reply.Ok();
    }

    private static void FlushAll(CommandContext context, in CommandArgs args)
    {
        if (!TakesFlush(context, args)) return;
        foreach (var database in context.Machine.Databases)
            if (database.Count > 0) context.Machine.Clear(database);
        context.Reply.Ok();
    }

    /// <summary>ASYNC and SYNC are the same here: dropping a table takes no time, the collector takes its memory.</summary>
    private static bool TakesFlush(CommandContext context, in CommandArgs args)
    {
        if (args.Count == 1 || (args.Count == 2 && (args[1].Is("async"u8) || args[1].Is("sync"u8)))) return true;
        context.Reply.Error(Errors.Syntax);
        return false;
    }

    private static void SwapDb(CommandContext context, in CommandArgs args)
    {
        var all = context.Machine.Databases;
        if (!Numbers.TryParse(args[1], out var first) || first is < int.MinValue or > int.MaxValue)
        {
            context.Reply.Error("ERR invalid first DB index"u8);
            return;
        }

        if (!Numbers.TryParse(args[2], out var second) || second is < int.MinValue or > int.MaxValue)
        {
            context.Reply.Error("ERR invalid second DB index"u8);
            return;
        }

        if (first < 0 || first >= all.Count || second < 0 || second >= all.Count)
        {
            context.Reply.Error(Errors.DatabaseOutOfRange);
            return;
        }

        context.Machine.Swap(all[(int)first], all[(int)second]);
        context.Reply.Ok();
    }
}
