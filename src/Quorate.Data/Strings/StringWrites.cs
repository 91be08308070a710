using Quorate.Data.Commands;
using Quorate.Resp;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Data.Strings;

/// <summary>Writes of whole strings.</summary>
internal static class StringWrites
{
    public static readonly CommandSpec[] Commands =
    [
        new()
        {
            Name = "set", Arity = -3, Flags = Write | DenyOom, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1, KeyStep = 1,
            Group = "string", Summary = "Set the string value of a key", Handler = Set,
        },
        new()
        {
            Name = "setnx", Arity = 3, Flags = Write | DenyOom | Fast, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1,
            KeyStep = 1,
            Group = "string", Summary = "Set the value of a key, only if the key does not exist", Handler = SetNx,
        },
        new()
        {
            Name = "setex", Arity = 4, Flags = Write | DenyOom, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1,
            KeyStep = 1,
            Group = "string", Since = "2.0.0", Summary = "Set the value and expiration of a key", Handler = SetEx,
        },
        new()
        {
            Name = "psetex", Arity = 4, Flags = Write | DenyOom, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1,
            KeyStep = 1,
            Group = "string", Since = "2.6.0", Summary = "Set the value and expiration in milliseconds of a key",
            Handler = PSetEx,
        },
        new()
        {
            Name = "mset", Arity = -3, Flags = Write | DenyOom, Route = CommandRoute.Write, FirstKey = 1, LastKey = -1,
            KeyStep = 2,
            Group = "string", Since = "1.0.1", Complexity = "O(N)", Summary = "Set multiple keys to multiple values",
            Handler = MSet,
        },
        new()
        {
            Name = "msetnx", Arity = -3, Flags = Write | DenyOom, Route = CommandRoute.Write, FirstKey = 1, LastKey = -1,
            KeyStep = 2,
            Group = "string", Since = "1.0.1", Complexity = "O(N)",
            Summary = "Set multiple keys to multiple values, only if none of the keys exist", Handler = MSetNx,
        },
    ];

    private static void Set(CommandContext context, in CommandArgs args)
    {
        if (args.Count == 3)
        {
            context.SetString(args[1], args[2]);
            context.Reply.Ok();
            return;
        }

        if (!SetOptions.TryParse(args, 3, isSet: true, out var options))
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }

        if (!options.TryExpiry(context, args, "set", out var when)) return;
        if (options.ReplyOld && !StringReads.ReplyValue(context, args[1])) return;
        if (options.IfAbsent || options.IfPresent)
        {
            var found = context.Find(args[1]) != 0;
            if (found ? options.IfAbsent : options.IfPresent)
            {
                if (!options.ReplyOld) context.Reply.Null();
                return;
            }
        }

        var row = context.SetString(args[1], args[2], options.KeepExpiry);
        if (options.HasExpiry) context.Store.SetExpiry(row, when, context.Stamp.Version);
        if (!options.ReplyOld) context.Reply.Ok();
    }

    private static void SetNx(CommandContext context, in CommandArgs args)
    {
        var absent = context.Find(args[1]) == 0;
        if (absent) context.SetString(args[1], args[2]);
        context.Reply.Integer(absent ? 1 : 0);
    }

    private static void SetEx(CommandContext context, in CommandArgs args) => SetFor(context, args, seconds: true, "setex");

    private static void PSetEx(CommandContext context, in CommandArgs args) => SetFor(context, args, seconds: false, "psetex");

    private static void SetFor(CommandContext context, in CommandArgs args, bool seconds, string command)
    {
        if (!SetOptions.TryExpiry(context, args[2], seconds, absolute: false, command, out var when)) return;
        context.Store.SetExpiry(context.SetString(args[1], args[3], keepExpiry: true), when, context.Stamp.Version);
        context.Reply.Ok();
    }

    private static void MSet(CommandContext context, in CommandArgs args)
    {
        if (!RequirePairs(context, args, "mset")) return;
        SetAll(context, args);
        context.Reply.Ok();
    }

    private static void MSetNx(CommandContext context, in CommandArgs args)
    {
        if (!RequirePairs(context, args, "msetnx")) return;
        for (var i = 1; i < args.Count; i += 2)
        {
            if (context.Find(args[i]) == 0) continue;
            context.Reply.Integer(0);
            return;
        }

        SetAll(context, args);
        context.Reply.Integer(1);
    }

    private static bool RequirePairs(CommandContext context, in CommandArgs args, string command)
    {
        if ((args.Count & 1) == 1) return true;
        Errors.WrongCount(context.Reply, command);
        return false;
    }

    private static void SetAll(CommandContext context, in CommandArgs args)
    {
        for (var i = 1; i < args.Count; i += 2) context.SetString(args[i], args[i + 1]);
    }
}
