using Quorate.Data.Commands;
using Quorate.Data.Values;
using Quorate.Resp;
using static Quorate.Data.Merging.Commands.MergingTable;

namespace Quorate.Data.Merging.Commands;

/// <summary>Hashes that merge: observed-remove maps of last-writer-wins fields and counters.</summary>
internal static class MergingHashes
{
    private const int LongestNumber = 20;

    public static readonly CommandSpec[] Commands =
    [
        Entry("hset", -4, "hash", "Set the values of one or more fields in a hash",
            "field by field; the latest wins, losers go to the loss log", HSet, since: "2.0.0", complexity: "O(N)"),
        Entry("hget", 3, "hash", "Get the value of a field in a hash", "", HGet, isWrite: false, since: "2.0.0"),
        Entry("hmget", -3, "hash", "Get the values of the given fields in a hash", "", HMGet, isWrite: false, since: "2.0.0",
            complexity: "O(N)"),
        Entry("hdel", -3, "hash", "Delete one or more fields in a hash", "removes what it has seen of the fields", HDel,
            since: "2.0.0", complexity: "O(N)"),
        Entry("hgetall", 2, "hash", "Get all fields and values in a hash", "", HGetAll, isWrite: false, since: "2.0.0",
            complexity: "O(N log N)"),
        Entry("hexists", 3, "hash", "Determine if a field exists in a hash", "", HExists, isWrite: false, since: "2.0.0"),
        Entry("hlen", 2, "hash", "Get the number of fields in a hash", "", HLen, isWrite: false, since: "2.0.0"),
        Entry("hkeys", 2, "hash", "Get all the fields in a hash", "", HKeys, isWrite: false, since: "2.0.0",
            complexity: "O(N log N)"),
        Entry("hvals", 2, "hash", "Get all the values in a hash", "", HVals, isWrite: false, since: "2.0.0",
            complexity: "O(N log N)"),
        Entry("hincrby", 4, "hash", "Increment the integer value of a hash field by the given number",
            "additions add up exactly; HSET and HDEL take away what they have seen of them", HIncrBy, since: "2.0.0"),
    ];

    private static void HSet(MergingContext context, in CommandArgs args)
    {
        if ((args.Count & 1) != 0)
        {
            Errors.WrongCount(context.Reply, "hset");
            return;
        }

        if (!context.TryFind(args[1], ValueKind.Hash, out var found)) return;
        var change = context.Change(args[1]);
        var added = 0;
        for (var i = 2; i < args.Count; i += 2)
        {
            if (found?.Fields!.Find(args[i]) is null && change.Delta.Fields?.Find(args[i]) is null) added++;
            change.SetField(args[i], args[i + 1].ToArray());
        }

        context.Commit(change);
        context.Reply.Integer(added);
    }

    private static void HGet(MergingContext context, in CommandArgs args)
    {
        if (context.TryFind(args[1], ValueKind.Hash, out var found)) ReplyField(context, found, args[2]);
    }

    private static void HMGet(MergingContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], ValueKind.Hash, out var found)) return;
        context.Reply.Array(args.Count - 2);
        for (var i = 2; i < args.Count; i++) ReplyField(context, found, args[i]);
    }

    private static void HDel(MergingContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], ValueKind.Hash, out var found)) return;
        var removed = 0;
        if (found is not null)
        {
            ObjectChange? change = null;
            for (var i = 2; i < args.Count; i++)
            {
                if (found.Fields!.Find(args[i]) is null || change?.Delta.Fields?.Lists(args[i]) == true) continue;
                change ??= context.Change(args[1]);
                change.RemoveField(args[i]);
                removed++;
            }

            if (change is not null) context.Commit(change);
        }

        context.Reply.Integer(removed);
    }

    private static void HGetAll(MergingContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], ValueKind.Hash, out var found)) return;
        context.Reply.Map(found?.Fields!.LiveCount ?? 0);
        if (found is null) return;
        foreach (var field in found.Fields!.Ordered())
        {
            context.Reply.Bulk(field);
            ReplyField(context, found, field);
        }
    }

    private static void HExists(MergingContext context, in CommandArgs args)
    {
        if (context.TryFind(args[1], ValueKind.Hash, out var found))
            context.Reply.Integer(found?.Fields!.Find(args[2]) is null ? 0 : 1);
    }

    private static void HLen(MergingContext context, in CommandArgs args)
    {
        if (context.TryFind(args[1], ValueKind.Hash, out var found)) context.Reply.Integer(found?.Fields!.LiveCount ?? 0);
    }

    private static void HKeys(MergingContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], ValueKind.Hash, out var found)) return;
        context.Reply.Array(found?.Fields!.LiveCount ?? 0);
        if (found is null) return;
        foreach (var field in found.Fields!.Ordered()) context.Reply.Bulk(field);
    }

    private static void HVals(MergingContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], ValueKind.Hash, out var found)) return;
        context.Reply.Array(found?.Fields!.LiveCount ?? 0);
        if (found is null) return;
        foreach (var field in found.Fields!.Ordered()) ReplyField(context, found, field);
    }

    private static void HIncrBy(MergingContext context, in CommandArgs args)
    {
        if (!context.TryInteger(args[3], out var by) || !context.TryFind(args[1], ValueKind.Hash, out var found)) return;
        if (!TextValue.TryNumber(found?.Fields!.Find(args[2]), null, context.Store.Options.Rules, out var old))
        {
            context.Reply.Error("ERR hash value is not an integer"u8);
            return;
        }

        if (!MergingCounters.TrySum(context.Reply, old, by, out var sum)) return;
        var change = context.Change(args[1]);
        change.AddToField(args[2], by);
        context.Commit(change);
        context.Reply.Integer(sum);
    }

    private static void ReplyField(MergingContext context, KeyObject? found, ReadOnlySpan<byte> field)
    {
        if (found?.Fields!.Find(field) is { } cell)
            context.Reply.Bulk(TextValue.Of(cell, null, context.Store.Options.Rules, stackalloc byte[LongestNumber]));
        else context.Reply.Null();
    }
}
