using Quorate.Replication.Ordered;
using Quorate.Resp;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Data.Commands;

/// <summary>Time to live. All absolute times are Unix milliseconds of the log clock; a key is expired when the clock is past
/// its time.</summary>
internal static class Expiry
{
    public static readonly CommandSpec[] Commands =
    [
        Setter("expire", "1.0.0", "Set a key's time to live in seconds", Expire),
        Setter("pexpire", "2.6.0", "Set a key's time to live in milliseconds", PExpire),
        Setter("expireat", "1.2.0", "Set the expiration for a key as a UNIX timestamp", ExpireAt),
        Setter("pexpireat", "2.6.0", "Set the expiration for a key as a UNIX timestamp specified in milliseconds", PExpireAt),
        Getter("ttl", "1.0.0", "Get the time to live for a key in seconds", Ttl),
        Getter("pttl", "2.6.0", "Get the time to live for a key in milliseconds", PTtl),
        Getter("expiretime", "7.0.0", "Get the expiration Unix timestamp for a key", ExpireTime),
        Getter("pexpiretime", "7.0.0", "Get the expiration Unix timestamp for a key in milliseconds", PExpireTime),
        new()
        {
            Name = "persist", Arity = 2, Flags = Write | Fast, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1, KeyStep = 1,
            Since = "2.2.0", Summary = "Remove the expiration from a key", Handler = Persist,
        },
    ];

    private static CommandSpec Setter(string name, string since, string summary, CommandHandler handler) => new()
    {
        Name = name,
        Arity = -3,
        Flags = Write | Fast,
        Route = CommandRoute.Write,
        FirstKey = 1,
        LastKey = 1,
        KeyStep = 1,
        Since = since,
        Summary = summary,
        Handler = handler,
    };

    private static CommandSpec Getter(string name, string since, string summary, CommandHandler handler) => new()
    {
        Name = name,
        Arity = 2,
        Flags = ReadOnly | Fast,
        Route = CommandRoute.Read,
        FirstKey = 1,
        LastKey = 1,
        KeyStep = 1,
        Since = since,
        Summary = summary,
        Handler = handler,
    };

    private static void Expire(CommandContext context, in CommandArgs args) =>
        Expire(context, args, context.NowMilliseconds, seconds: true, "expire");

    private static void PExpire(CommandContext context, in CommandArgs args) =>
        Expire(context, args, context.NowMilliseconds, seconds: false, "pexpire");

    private static void ExpireAt(CommandContext context, in CommandArgs args) =>
        Expire(context, args, 0, seconds: true, "expireat");

    private static void PExpireAt(CommandContext context, in CommandArgs args) =>
        Expire(context, args, 0, seconds: false, "pexpireat");

    private static void Expire(CommandContext context, in CommandArgs args, long from, bool seconds, string command)
    {
        if (!TryConditions(context, args, out var conditions)) return;
        if (!context.TryInteger(args[2], out var when)) return;
        if (seconds && when is > long.MaxValue / 1000 or < long.MinValue / 1000)
        {
            Errors.InvalidExpiry(context.Reply, command);
            return;
        }

        if (seconds) when *= 1000;
        if (when > long.MaxValue - from)
        {
            Errors.InvalidExpiry(context.Reply, command);
            return;
        }

        when += from;
        var row = context.Find(args[1]);
        if (row == 0 || !conditions.Allow(context.Store.ExpiryOf(row), when))
        {
            context.Reply.Integer(0);
            return;
        }

        if (when <= context.NowMilliseconds) context.Store.Remove(row, KeyChange.Removed);
        else context.Store.SetExpiry(row, when, context.Stamp.Version);
        context.Reply.Integer(1);
    }

    private readonly record struct Conditions(bool IfNone, bool IfSome, bool IfLater, bool IfSooner)
    {
        /// <summary>A key that does not expire counts as expiring never.</summary>
        public bool Allow(long current, long when) =>
            !(IfNone && current >= 0) && !(IfSome && current < 0)
            && !(IfLater && (current < 0 || when <= current))
            && !(IfSooner && current >= 0 && when >= current);
    }

    private static bool TryConditions(CommandContext context, in CommandArgs args, out Conditions conditions)
    {
        conditions = default;
        for (var i = 3; i < args.Count; i++)
        {
            if (args[i].Is("nx"u8)) conditions = conditions with { IfNone = true };
            else if (args[i].Is("xx"u8)) conditions = conditions with { IfSome = true };
            else if (args[i].Is("gt"u8)) conditions = conditions with { IfLater = true };
            else if (args[i].Is("lt"u8)) conditions = conditions with { IfSooner = true };
            else
            {
                context.Reply.Error([.. "ERR Unsupported option "u8, .. args[i].UpToZero()]);
                return false;
            }
        }

        if (conditions.IfNone && (conditions.IfSome || conditions.IfLater || conditions.IfSooner))
        {
            context.Reply.Error("ERR NX and XX, GT or LT options at the same time are not compatible"u8);
            return false;
        }

        if (conditions.IfLater && conditions.IfSooner)
        {
            context.Reply.Error("ERR GT and LT options at the same time are not compatible"u8);
            return false;
        }

        return true;
    }

    private static void Ttl(CommandContext context, in CommandArgs args) =>
        Remaining(context, args[1], (when, now) => (Math.Max(0, when - now) + 500) / 1000);

    private static void PTtl(CommandContext context, in CommandArgs args) =>
        Remaining(context, args[1], (when, now) => Math.Max(0, when - now));

    private static void ExpireTime(CommandContext context, in CommandArgs args) =>
        Remaining(context, args[1], (when, _) => (when + 500) / 1000);

    private static void PExpireTime(CommandContext context, in CommandArgs args) =>
        Remaining(context, args[1], (when, _) => when);

    private static void Remaining(CommandContext context, ReadOnlySpan<byte> key, Func<long, long, long> view)
    {
        var row = context.FindCounted(key);
        if (row == 0)
        {
            context.Reply.Integer(-2);
            return;
        }

        var when = context.Store.ExpiryOf(row);
        var now = Math.Max(context.NowMilliseconds, context.WallMilliseconds);
        context.Reply.Integer(when < 0 ? -1 : view(when, now));
    }

    private static void Persist(CommandContext context, in CommandArgs args)
    {
        var row = context.Find(args[1]);
        context.Reply.Integer(row != 0 && context.Store.ClearExpiry(row, context.Stamp.Version) ? 1 : 0);
    }
}
