using Quorate.Data.Commands;
using Quorate.Resp;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Data.Strings;

/// <summary>Strings as numbers.</summary>
internal static class Counters
{
    public static readonly CommandSpec[] Commands =
    [
        new()
        {
            Name = "incr", Arity = 2, Flags = Write | DenyOom | Fast, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1,
            KeyStep = 1,
            Group = "string", Summary = "Increment the integer value of a key by one", Handler = Incr,
        },
        new()
        {
            Name = "decr", Arity = 2, Flags = Write | DenyOom | Fast, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1,
            KeyStep = 1,
            Group = "string", Summary = "Decrement the integer value of a key by one", Handler = Decr,
        },
        new()
        {
            Name = "incrby", Arity = 3, Flags = Write | DenyOom | Fast, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1,
            KeyStep = 1,
            Group = "string", Summary = "Increment the integer value of a key by the given amount", Handler = IncrBy,
        },
        new()
        {
            Name = "decrby", Arity = 3, Flags = Write | DenyOom | Fast, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1,
            KeyStep = 1,
            Group = "string", Summary = "Decrement the integer value of a key by the given number", Handler = DecrBy,
        },
        new()
        {
            Name = "incrbyfloat", Arity = 3, Flags = Write | DenyOom | Fast, Route = CommandRoute.Write, FirstKey = 1,
            LastKey = 1, KeyStep = 1,
            Group = "string", Since = "2.6.0", Summary = "Increment the float value of a key by the given amount",
            Handler = IncrByFloat,
        },
    ];

    private static void Incr(CommandContext context, in CommandArgs args) => Add(context, args[1], 1);

    private static void Decr(CommandContext context, in CommandArgs args) => Add(context, args[1], -1);

    private static void IncrBy(CommandContext context, in CommandArgs args)
    {
        if (context.TryInteger(args[2], out var by)) Add(context, args[1], by);
    }

    private static void DecrBy(CommandContext context, in CommandArgs args)
    {
        if (!context.TryInteger(args[2], out var by)) return;
        if (by == long.MinValue) context.Reply.Error("ERR decrement would overflow"u8);
        else Add(context, args[1], -by);
    }

    private static void Add(CommandContext context, ReadOnlySpan<byte> key, long by)
    {
        if (!context.TryFindString(key, out var row)) return;
        long old = 0;
        if (row != 0 && !context.TryInteger(context.StringOf(row), out old)) return;
        var sum = unchecked(old + by);
        if (((old ^ sum) & (by ^ sum)) < 0)
        {
            context.Reply.Error("ERR increment or decrement would overflow"u8);
            return;
        }

        Span<byte> digits = stackalloc byte[20];
        var text = digits[..Numbers.Format(sum, digits)];
        if (row == 0) context.SetString(key, text);
        else context.PutString(row, text, StringForm.Whole);
        context.Reply.Integer(sum);
    }

    private static void IncrByFloat(CommandContext context, in CommandArgs args)
    {
        if (!context.TryFindString(args[1], out var row)) return;
        var old = ExtendedFloat.Zero;
        if ((row != 0 && !ExtendedFloat.TryParse(context.StringOf(row), out old)) || !ExtendedFloat.TryParse(args[2], out var by))
        {
            context.Reply.Error(Errors.NotAFloat);
            return;
        }

        var sum = old + by;
        if (!sum.IsFinite)
        {
            context.Reply.Error("ERR increment would produce NaN or Infinity"u8);
            return;
        }

        var text = sum.ToText();
        context.SetString(args[1], text, keepExpiry: true, StringForm.Text);
        context.Reply.Bulk(text);
    }
}
