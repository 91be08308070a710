using System.Buffers.Text;
using Quorate.Resp;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Data.Commands;

/// <summary>Walking over keys. SCAN gives every key that is there from its first to its last call at least once.</summary>
internal static class Scan
{
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
            Since = "2.8.0", Complexity = "O(1) for every call", Summary = "Incrementally iterate the keys space",
            Handler = ScanKeys,
        },
        new()
        {
            Name = "randomkey", Arity = 1, Flags = ReadOnly, Route = CommandRoute.Read,
            Summary = "Return a random key from the keyspace", Handler = RandomKey,
        },
    ];

    private static void AllKeys(CommandContext context, in CommandArgs args)
    {
        var store = context.Store;
        var found = context.Rows;
        found.Clear();
        var pattern = args[1];
        var all = pattern.SequenceEqual("*"u8);
        for (var row = store.NextRow(0); row != 0; row = store.NextRow(row))
        {
            if (!all && !Glob.Matches(pattern, store.KeyOf(row))) continue;
            if (!store.MarkOf(row).Expires || context.IsLive(store, row)) found.Add(row);
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

        var store = context.Store;
        var found = context.Rows;
        found.Clear();
        cursor = store.Scan(cursor, count, found);
        var kept = 0;
        for (var i = 0; i < found.Count; i++)
        {
            var row = found[i];
            var mark = store.MarkOf(row);
            if (hasPattern && !Glob.Matches(pattern, store.KeyOf(row))) continue;
            if (hasKind && !kind.Is(context.Machine.Types.NameOf(mark.Kind))) continue;
            if (!mark.Expires || context.IsLive(store, row)) found[kept++] = row;
        }

        found.RemoveRange(kept, found.Count - kept);
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(cursor, digits, out var length);
        context.Reply.Array(2);
        context.Reply.Bulk(digits[..length]);
        ReplyKeys(context);
    }

    private static void ReplyKeys(CommandContext context)
    {
        var found = context.Rows;
        context.Reply.Array(found.Count);
        foreach (var row in found) context.Reply.Bulk(context.Store.KeyOf(row));
        found.Clear();
        if (found.Capacity > 1 << 20) found.Capacity = 0;
    }

    private static void RandomKey(CommandContext context, in CommandArgs args)
    {
        var store = context.Store;
        for (var tries = store.Count == 0 ? 0 : 100; tries > 0; tries--)
        {
            var row = store.RandomRow(context.Machine.ReadDice);
            if (!context.IsLive(store, row)) continue;
            context.Reply.Bulk(store.KeyOf(row));
            return;
        }

        context.Reply.Null();
    }
}
