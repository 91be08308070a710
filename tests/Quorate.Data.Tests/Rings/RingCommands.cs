using Quorate.Data.Commands;
using Quorate.Data.Store;
using Quorate.Resp;

namespace Quorate.Data.Tests.Rings;

internal static class RingCommands
{
    /// <summary>Rings with more elements, or more bytes, are pages.</summary>
    private const int MostPackedElements = 16;
    private const int MostPackedBytes = 256;

    public static readonly CommandSpec[] All =
    [
        Of("ring.push", -4, CommandRoute.Write, Push), Of("ring.set", 4, CommandRoute.Write, Set),
        Of("ring.get", 3, CommandRoute.Read, Get), Of("ring.len", 2, CommandRoute.Read, Length),
    ];

    private static CommandSpec Of(string name, int arity, CommandRoute route, CommandHandler handler) => new()
    {
        Name = name,
        Arity = arity,
        Route = route,
        FirstKey = 1,
        LastKey = 1,
        KeyStep = 1,
        Group = "ring",
        Handler = handler,
    };

    /// <summary>RING.PUSH key capacity element...</summary>
    private static void Push(CommandContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], RingType.Entry.Kind, out var row) || !context.TryInteger(args[2], out var capacity)) return;
        if (capacity is < 1 or > int.MaxValue)
        {
            context.Reply.Error("ERR a ring holds one element at least"u8);
            return;
        }

        var ring = row == 0 ? new Ring((int)capacity, 0) : ToChange(context, row);
        if (ring.Capacity != capacity) ring.Resize((int)capacity);
        for (var i = 3; i < args.Count; i++) ring.Push(args[i], context.Stamp.Version);
        Keep(context, args[1], row, ring);
        context.Reply.Integer(ring.Count);
    }

    /// <summary>RING.SET key place element</summary>
    private static void Set(CommandContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], RingType.Entry.Kind, out var row) || !context.TryInteger(args[2], out var place)) return;
        var count = row == 0 ? 0 : View(context.Store, row).Count;
        if (place < 0 || place >= count)
        {
            context.Reply.Error("ERR there is no such element"u8);
            return;
        }

        var ring = ToChange(context, row);
        ring.Set(place, args[3], context.Stamp.Version);
        Keep(context, args[1], row, ring);
        context.Reply.Ok();
    }

    private static void Get(CommandContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], RingType.Entry.Kind, out var row) || !context.TryInteger(args[2], out var place)) return;
        var ring = row == 0 ? null : View(context.Store, row);
        if (ring is null || place < 0 || place >= ring.Count) context.Reply.Null();
        else context.Reply.Bulk(ring.At(place));
    }

    private static void Length(CommandContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], RingType.Entry.Kind, out var row)) return;
        context.Reply.Integer(row == 0 ? 0 : View(context.Store, row).Count);
    }

    private static Ring View(IKeyStore store, int row) =>
        store.MarkOf(row).IsBuilt ? (Ring)store.ValueOf(row) : RingType.Unpack(store.BytesOf(row));

    /// <summary>The ring itself when it is pages; else one to be packed again, or kept, by <see cref="Keep"/>.</summary>
    private static Ring ToChange(CommandContext context, int row) =>
        context.Store.MarkOf(row).IsBuilt
            ? (Ring)context.Store.Change(row, context.Stamp)
            : RingType.Unpack(context.Store.BytesOf(row));

    private static void Keep(CommandContext context, ReadOnlySpan<byte> key, int row, Ring ring)
    {
        var store = context.Store;
        if (row != 0 && store.MarkOf(row).IsBuilt) return;
        var packed = ring.Count > MostPackedElements ? null : RingType.Pack(ring);
        if (packed is { Length: <= MostPackedBytes })
        {
            Span<byte> bytes;
            var form = RingType.Form(RingType.Packed);
            if (row == 0) store.Insert(key, KeyHash.Of(key), packed.Length, form, context.Stamp, out bytes);
            else bytes = store.Rewrite(row, packed.Length, form, context.Stamp);
            packed.CopyTo(bytes);
        }
        else if (row == 0)
        {
            store.Insert(key, KeyHash.Of(key), ring, RingType.Form(RingType.Paged), context.Stamp);
        }
        else
        {
            store.Replace(row, ring, RingType.Form(RingType.Paged), context.Stamp);
        }
    }
}
