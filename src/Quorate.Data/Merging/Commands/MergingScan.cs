using Quorate.Data.Commands;
using Quorate.Resp;
using static Quorate.Data.Merging.Commands.MergingTable;

namespace Quorate.Data.Merging.Commands;

/// <summary>Walking over keys. The order is that of the keys' hashes and a cursor is the hash to go on from, so every key that is
/// there from the first call to the last is given once, on any replica.</summary>
internal static class MergingScan
{
    private const int LookedAtPerKey = 10;

    public static readonly CommandSpec[] Commands =
    [
        Entry("scan", -2, "generic", "Incrementally iterate the keys space", "", ScanKeys, isWrite: false, lastKey: 0,
            since: "2.8.0", complexity: "O(1) for every call"),
        Entry("keys", 2, "generic", "Find all keys matching the given pattern", "", AllKeys, isWrite: false, lastKey: 0,
            complexity: "O(N)"),
        Entry("dbsize", 1, "server", "Return the number of keys in the selected database", "", DbSize, isWrite: false,
            lastKey: 0),
    ];

    private static void AllKeys(MergingContext context, in CommandArgs args)
    {
        var found = new List<byte[]>();
        var pattern = args[1];
        var all = pattern.SequenceEqual("*"u8);
        foreach (var o in context.Store.Table.From(0))
            if (MergingStore.IsVisible(o, context.Now) && (all || Glob.Matches(pattern, o.Key))) found.Add(o.Key);
        ReplyKeys(context, found);
    }

    private static void DbSize(MergingContext context, in CommandArgs args) => context.Reply.Integer(context.Store.Count);

    private static void ScanKeys(MergingContext context, in CommandArgs args)
    {
        if (!Numbers.TryParseCursor(args[1], out var cursor))
        {
            context.Reply.Error("ERR invalid cursor"u8);
            return;
        }

        long count = 10;
        ReadOnlySpan<byte> pattern = "*"u8, kind = default;
        var hasKind = false;
        for (var i = 2; i < args.Count; i += 2)
        {
            var hasWord = i + 1 < args.Count;
            if (hasWord && args[i].Is("count"u8))
            {
                if (!context.TryInteger(args[i + 1], out count)) return;
                if (count >= 1) continue;
            }
            else if (hasWord && args[i].Is("match"u8))
            {
                pattern = args[i + 1];
                continue;
            }
            else if (hasWord && args[i].Is("type"u8))
            {
                kind = args[i + 1];
                hasKind = true;
                continue;
            }

            context.Reply.Error(Errors.Syntax);
            return;
        }

        var all = pattern.SequenceEqual("*"u8);
        var found = new List<byte[]>();
        var next = 0UL;
        var left = Math.Min(count, int.MaxValue / LookedAtPerKey) * LookedAtPerKey;
        KeyObject? last = null;
        foreach (var o in context.Store.Table.From(cursor))
        {
            // Keys with one hash are given together, because the next call begins with the next hash.
            if (last is not null && o.KeyHash != last.KeyHash && (found.Count >= count || left <= 0))
            {
                next = last.KeyHash + 1;
                break;
            }

            last = o;
            left--;
            if (!MergingStore.IsVisible(o, context.Now) || (hasKind && !kind.Is(MergingKinds.NameOf(o.Kind)))) continue;
            if (all || Glob.Matches(pattern, o.Key)) found.Add(o.Key);
        }

        context.Reply.Array(2);
        context.Reply.Bulk(next.ToString(System.Globalization.CultureInfo.InvariantCulture));
        ReplyKeys(context, found);
    }

    private static void ReplyKeys(MergingContext context, List<byte[]> keys)
    {
        context.Reply.Array(keys.Count);
        foreach (var key in keys) context.Reply.Bulk(key);
    }
}
