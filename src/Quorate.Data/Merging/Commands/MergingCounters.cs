using Quorate.Data.Commands;
using Quorate.Data.Values;
using Quorate.Resp;
using static Quorate.Data.Merging.Commands.MergingTable;

namespace Quorate.Data.Merging.Commands;

/// <summary>Strings as counters: every addition counts, wherever and whenever it is made.</summary>
internal static class MergingCounters
{
    private const string Merging = "additions add up exactly; SET and DEL take away what they have seen of them";

    public static readonly CommandSpec[] Commands =
    [
        Entry("incr", 2, "string", "Increment the integer value of a key by one", Merging, Incr),
        Entry("decr", 2, "string", "Decrement the integer value of a key by one", Merging, Decr),
        Entry("incrby", 3, "string", "Increment the integer value of a key by the given amount", Merging, IncrBy),
        Entry("decrby", 3, "string", "Decrement the integer value of a key by the given number", Merging, DecrBy),
    ];

    private static void Incr(MergingContext context, in CommandArgs args) => Add(context, args[1], 1);

    private static void Decr(MergingContext context, in CommandArgs args) => Add(context, args[1], -1);

    private static void IncrBy(MergingContext context, in CommandArgs args)
    {
        if (context.TryInteger(args[2], out var by)) Add(context, args[1], by);
    }

    private static void DecrBy(MergingContext context, in CommandArgs args)
    {
        if (!context.TryInteger(args[2], out var by)) return;
        if (by == long.MinValue) context.Reply.Error("ERR decrement would overflow"u8);
        else Add(context, args[1], -by);
    }

    private static void Add(MergingContext context, ReadOnlySpan<byte> key, long by)
    {
        if (!context.TryFind(key, ValueKind.String, out var found)) return;
        if (!TextValue.TryNumber(found?.Text, found?.Merged, context.Store.Options.Rules, out var old))
        {
            context.Reply.Error(Errors.NotAnInteger);
            return;
        }

        if (!TrySum(context.Reply, old, by, out var sum)) return;
        var change = context.Change(key);
        change.AddToText(by);
        context.Commit(change);
        context.Reply.Integer(sum);
    }

    /// <summary>False, and answered: the sum as seen here has no room in 64 bits.</summary>
    public static bool TrySum(RespWriter reply, long old, long by, out long sum)
    {
        sum = unchecked(old + by);
        if (((old ^ sum) & (by ^ sum)) >= 0) return true;
        reply.Error("ERR increment or decrement would overflow"u8);
        return false;
    }
}
