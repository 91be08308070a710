using Quorate.Data.Commands;
using Quorate.Data.Values;
using Quorate.Replication.Ordered;
using Quorate.Resp;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Data.Strings;

/// <summary>Whole strings: reading them, and the writes that also read.</summary>
internal static class StringReads
{
    public static readonly CommandSpec[] Commands =
    [
        new()
        {
            Name = "get", Arity = 2, Flags = ReadOnly | Fast, Route = CommandRoute.Read, FirstKey = 1, LastKey = 1, KeyStep = 1,
            Group = "string", Summary = "Get the value of a key", Handler = Get,
        },
        new()
        {
            Name = "mget", Arity = -2, Flags = ReadOnly | Fast, Route = CommandRoute.Read, FirstKey = 1, LastKey = -1,
            KeyStep = 1,
            Group = "string", Complexity = "O(N)", Summary = "Get the values of all the given keys", Handler = MGet,
        },
        new()
        {
            Name = "strlen", Arity = 2, Flags = ReadOnly | Fast, Route = CommandRoute.Read, FirstKey = 1, LastKey = 1,
            KeyStep = 1,
            Group = "string", Since = "2.2.0", Summary = "Get the length of the value stored in a key", Handler = StrLen,
        },
        new()
        {
            Name = "getdel", Arity = 2, Flags = Write | Fast, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1, KeyStep = 1,
            Group = "string", Since = "6.2.0", Summary = "Get the value of a key and delete the key", Handler = GetDel,
        },
        new()
        {
            Name = "getex", Arity = -2, Flags = Write | Fast, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1, KeyStep = 1,
            Group = "string", Since = "6.2.0", Summary = "Get the value of a key and optionally set its expiration",
            Handler = GetEx,
        },
        new()
        {
            Name = "getset", Arity = 3, Flags = Write | DenyOom | Fast, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1,
            KeyStep = 1,
            Group = "string", Summary = "Set the string value of a key and return its old value", Handler = GetSet,
        },
    ];

    /// <summary>Answers the value or null. False: WRONGTYPE was answered instead.</summary>
    public static bool ReplyValue(CommandContext context, ReadOnlySpan<byte> key)
    {
        if (!context.TryReadString(key, out var row)) return false;
        if (row == 0) context.Reply.Null();
        else context.Reply.Bulk(context.StringOf(row));
        return true;
    }

    private static void Get(CommandContext context, in CommandArgs args) => ReplyValue(context, args[1]);

    private static void MGet(CommandContext context, in CommandArgs args)
    {
        context.Reply.Array(args.Count - 1);
        for (var i = 1; i < args.Count; i++)
        {
            var row = context.FindCounted(args[i], out var mark);
            if (row == 0 || mark.Kind != ValueKind.String) context.Reply.Null();
            else context.Reply.Bulk(context.StringOf(row));
        }
    }

    private static void StrLen(CommandContext context, in CommandArgs args)
    {
        if (context.TryReadString(args[1], out var row)) context.Reply.Integer(context.StringOf(row).Length);
    }

    private static void GetDel(CommandContext context, in CommandArgs args)
    {
        if (!ReplyValue(context, args[1])) return;
        var row = context.Find(args[1]);
        if (row != 0) context.Store.Remove(row, KeyChange.Removed);
    }

    private static void GetEx(CommandContext context, in CommandArgs args)
    {
        if (!SetOptions.TryParse(args, 2, isSet: false, out var options))
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }

        if (!context.TryReadString(args[1], out var row)) return;
        if (row == 0)
        {
            context.Reply.Null();
            return;
        }

        if (!options.TryExpiry(context, args, "getex", out var when)) return;
        context.Reply.Bulk(context.StringOf(row));
        if (options.IsAbsolute && when <= context.NowMilliseconds) context.Store.Remove(row, KeyChange.Removed);
        else if (options.HasExpiry) context.Store.SetExpiry(row, when, context.Stamp.Version);
        else if (options.Persist) context.Store.ClearExpiry(row, context.Stamp.Version);
    }

    private static void GetSet(CommandContext context, in CommandArgs args)
    {
        if (ReplyValue(context, args[1])) context.SetString(args[1], args[2]);
    }
}
