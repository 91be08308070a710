using Quorate.Data.Commands;
using Quorate.Data.Store;
using Quorate.Data.Values;
using Quorate.Resp;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Data.Strings;

/// <summary>Parts of strings.</summary>
internal static class Ranges
{
    public static readonly CommandSpec[] Commands =
    [
        new()
        {
            Name = "append", Arity = 3, Flags = Write | DenyOom | Fast, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1,
            KeyStep = 1,
            Group = "string", Since = "2.0.0", Summary = "Append a value to a key", Handler = Append,
        },
        new()
        {
            Name = "getrange", Arity = 4, Flags = ReadOnly, Route = CommandRoute.Read, FirstKey = 1, LastKey = 1, KeyStep = 1,
            Group = "string", Since = "2.4.0", Complexity = "O(N)",
            Summary = "Get a substring of the string stored at a key", Handler = GetRange,
        },
        new()
        {
            Name = "substr", Arity = 4, Flags = ReadOnly, Route = CommandRoute.Read, FirstKey = 1, LastKey = 1, KeyStep = 1,
            Group = "string", Complexity = "O(N)", Summary = "Get a substring of the string stored at a key", Handler = GetRange,
        },
        new()
        {
            Name = "setrange", Arity = 4, Flags = Write | DenyOom, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1,
            KeyStep = 1,
            Group = "string", Since = "2.2.0", Complexity = "O(N)",
            Summary = "Overwrite part of a string at key starting at the specified offset", Handler = SetRange,
        },
    ];

    private static readonly ValueForm Changed = StringType.Of(StringForm.Raw);

    private static void Append(CommandContext context, in CommandArgs args)
    {
        if (!context.TryFindString(args[1], out var row)) return;
        var text = args[2];
        var length = context.StringOf(row).Length;
        if (row == 0)
        {
            context.SetString(args[1], text);
        }
        else
        {
            if (!context.RequireLength((long)length + text.Length)) return;
            text.CopyTo(context.Store.Reshape(row, length + text.Length, Changed, context.Stamp)[length..]);
        }

        context.Reply.Integer(length + text.Length);
    }

    private static void GetRange(CommandContext context, in CommandArgs args)
    {
        if (!context.TryInteger(args[2], out var start) || !context.TryInteger(args[3], out var end)) return;
        if (!context.TryReadString(args[1], out var row)) return;
        var value = context.StringOf(row);
        if ((start < 0 && end < 0 && start > end) || value.Length == 0)
        {
            context.Reply.Bulk(default(ReadOnlySpan<byte>));
            return;
        }

        if (start < 0) start = Math.Max(0, value.Length + start);
        if (end < 0) end = Math.Max(0, value.Length + end);
        end = Math.Min(end, value.Length - 1);
        context.Reply.Bulk(start > end ? default : value.Slice((int)start, (int)(end - start + 1)));
    }

    private static void SetRange(CommandContext context, in CommandArgs args)
    {
        if (!context.TryInteger(args[2], out var offset)) return;
        if (offset < 0)
        {
            context.Reply.Error("ERR offset is out of range"u8);
            return;
        }

        if (!context.TryFindString(args[1], out var row)) return;
        var part = args[3];
        var length = context.StringOf(row).Length;
        if (part.Length == 0)
        {
            context.Reply.Integer(length);
            return;
        }

        // An offset near the greatest integer would overflow the sum.
        if (!context.RequireLength(Math.Min(offset, int.MaxValue) + part.Length)) return;
        var end = (int)offset + part.Length;
        if (row == 0)
        {
            context.Store.Insert(args[1], KeyHash.Of(args[1]), end, Changed, context.Stamp, out var value);
            part.CopyTo(value[(int)offset..]);
        }
        else
        {
            var value = context.Store.Reshape(row, Math.Max(length, end), Changed, context.Stamp);
            part.CopyTo(value[(int)offset..]);
        }

        context.Reply.Integer(Math.Max(length, end));
    }
}
