using System.Buffers.Text;
using Quorate.Data.Store;
using Quorate.Resp;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Data.Commands;

/// <summary>
/// Walking over keys. SCAN gives every key that is there from its first to its last call at least once, through any growth
/// and shrinking in between: the cursor counts the buckets in the order of their reversed bits, so a split or a join of
/// buckets already seen makes no bucket that was not seen. A step covers the bucket of the lower level and its split half.
/// </summary>
internal static class Scan
{
    private const int EmptyBucketsPerKey = 10;

    public static readonly CommandSpec[] Commands =
    [
        new()
        {
            Name = "keys", Arity = 2, Flags = ReadOnly, Route = CommandRoute.Read,
            Complexity = "O(N)", Summary = "Find all keys matching the given pattern", Handler = AllKeys,
        },
        new()
        {
            Name = "scan", Arity = -2, Flags = ReadOnly, Route = CommandRoute.Read,
            Since = "2.8.0", Complexity = "O(1) for every call", Summary = "Incrementally iterate the keys space", Handler = ScanKeys,
        },
        new()
        {
            Name = "randomkey", Arity = 1, Flags = ReadOnly, Route = CommandRoute.Read,
            Summary = "Return a random key from the keyspace", Handler = RandomKey,
        },
    ];

    private static void AllKeys(CommandContext context, in CommandArgs args)
    {
        var table = context.Table;
        var found = context.Slots;
        found.Clear();
        var pattern = args[1];
        var all = pattern.SequenceEqual("*"u8);
        for (var index = 1; index <= table.HighestSlot; index++)
        {
            ref var slot = ref table.SlotAt(index);
            if (slot.Blob is null || !(all || Glob.Matches(pattern, slot.Key))) continue;
            if (slot.Expiry == 0 || context.IsLive(table, index)) found.Add(index);
        }

        ReplyKeys(context);
    }

    private static void ScanKeys(CommandContext context, in CommandArgs args)
    {
        if (!Numbers.TryParseCursor(args[1], out var cursor))
        {
            context.Reply.Error("ERR invalid cursor"u8);
            return;
        }

        long count = 10;
        ReadOnlySpan<byte> pattern = default, kind = default;
        bool hasPattern = false, hasKind = false;
        for (var i = 2; i < args.Count; i += 2)
        {
            if (i + 1 == args.Count)
            {
                context.Reply.Error(Errors.Syntax);
                return;
            }

            if (args[i].Is("count"u8))
            {
                if (!context.TryInteger(args[i + 1], out count)) return;
                if (count >= 1) continue;
                context.Reply.Error(Errors.Syntax);
                return;
            }

            if (args[i].Is("match"u8))
            {
                pattern = args[i + 1];
                hasPattern = !pattern.SequenceEqual("*"u8);
            }
            else if (args[i].Is("type"u8))
            {
                hasKind = true;
                kind = args[i + 1];
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return;
            }
        }

        var table = context.Table;
        var found = context.Slots;
        found.Clear();
        cursor = Step(table, cursor, count, found);
        var kept = 0;
        for (var i = 0; i < found.Count; i++)
        {
            var index = found[i];
            ref var slot = ref table.SlotAt(index);
            if (hasPattern && !Glob.Matches(pattern, slot.Key)) continue;
            if (hasKind && !kind.Is(Keys.NameOf(slot.Flags.Kind))) continue;
            if (slot.Expiry == 0 || context.IsLive(table, index)) found[kept++] = index;
        }

        found.RemoveRange(kept, found.Count - kept);
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(cursor, digits, out var length);
        context.Reply.Array(2);
        context.Reply.Bulk(digits[..length]);
        ReplyKeys(context);
    }

    /// <summary>Lists the slots of the next buckets until there are <paramref name="count"/>, and goes on behind them. 0: all seen.</summary>
    internal static ulong Step(KeyTable table, ulong cursor, long count, List<int> found)
    {
        var buckets = count > long.MaxValue / EmptyBucketsPerKey ? long.MaxValue : count * EmptyBucketsPerKey;
        if (table.Count == 0) return 0;
        do
        {
            var mask = (ulong)table.LowMask;
            var bucket = (int)(cursor & mask);
            AddBucket(table, bucket, found);
            var split = bucket + table.LowMask + 1;
            if (split < table.BucketCount) AddBucket(table, split, found);
            cursor = Reverse(Reverse(cursor | ~mask) + 1);
        }
        while (cursor != 0 && --buckets > 0 && found.Count < count);
        return cursor;
    }

    private static void AddBucket(KeyTable table, int bucket, List<int> found)
    {
        for (var index = table.HeadOf(bucket); index != 0; index = table.SlotAt(index).Next) found.Add(index);
    }

    private static ulong Reverse(ulong x)
    {
        x = ((x >> 1) & 0x5555555555555555) | ((x & 0x5555555555555555) << 1);
        x = ((x >> 2) & 0x3333333333333333) | ((x & 0x3333333333333333) << 2);
        x = ((x >> 4) & 0x0F0F0F0F0F0F0F0F) | ((x & 0x0F0F0F0F0F0F0F0F) << 4);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(x);
    }

    private static void ReplyKeys(CommandContext context)
    {
        var found = context.Slots;
        context.Reply.Array(found.Count);
        foreach (var index in found) context.Reply.Bulk(context.Table.SlotAt(index).Key);
        found.Clear();
        if (found.Capacity > 1 << 20) found.Capacity = 0;
    }

    private static void RandomKey(CommandContext context, in CommandArgs args)
    {
        var table = context.Table;
        // A slot at random, then the next one in use: uniform when the table is full, near enough when it is not.
        var tries = table.Count == 0 ? 0 : 100;
        for (; tries > 0; tries--)
        {
            var index = 1 + context.Machine.ReadDice.Below(table.HighestSlot);
            for (var step = 0; table.SlotAt(index).Blob is null; step++)
                index = step < 64 ? 1 + context.Machine.ReadDice.Below(table.HighestSlot) : (index % table.HighestSlot) + 1;
            if (!context.IsLive(table, index)) continue;
            context.Reply.Bulk(table.SlotAt(index).Key);
            return;
        }

        context.Reply.Null();
    }
}
