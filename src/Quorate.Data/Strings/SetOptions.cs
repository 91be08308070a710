using Quorate.Data.Commands;
using Quorate.Resp;

namespace Quorate.Data.Strings;

/// <summary>The options of SET and GETEX. An option may be repeated but not joined with one that contradicts it.</summary>
internal ref struct SetOptions
{
    private enum Unit : byte
    {
        None,
        Ex,
        Px,
        ExAt,
        PxAt,
    }

    private Unit _unit;
    private int _expiry;

    public bool IfAbsent { get; private set; }

    public bool IfPresent { get; private set; }

    public bool ReplyOld { get; private set; }

    public bool KeepExpiry { get; private set; }

    public bool Persist { get; private set; }

    public readonly bool HasExpiry => _unit != Unit.None;

    public readonly bool IsAbsolute => _unit is Unit.ExAt or Unit.PxAt;

    public static bool TryParse(in CommandArgs args, int first, bool isSet, out SetOptions options)
    {
        options = default;
        for (var i = first; i < args.Count; i++)
        {
            var word = args[i];
            var unit = word.Is("ex"u8) ? Unit.Ex : word.Is("px"u8) ? Unit.Px : word.Is("exat"u8) ? Unit.ExAt
                : word.Is("pxat"u8) ? Unit.PxAt : Unit.None;
            if (unit != Unit.None)
            {
                if (options.KeepExpiry || options.Persist || i + 1 == args.Count) return false;
                if (options._unit != Unit.None && options._unit != unit) return false;
                options._unit = unit;
                options._expiry = ++i;
            }
            else if (isSet && word.Is("nx"u8) && !options.IfPresent) options.IfAbsent = true;
            else if (isSet && word.Is("xx"u8) && !options.IfAbsent) options.IfPresent = true;
            else if (isSet && word.Is("get"u8)) options.ReplyOld = true;
            else if (isSet && word.Is("keepttl"u8) && !options.HasExpiry) options.KeepExpiry = true;
            else if (!isSet && word.Is("persist"u8) && !options.HasExpiry) options.Persist = true;
            else return false;
        }

        return true;
    }

    /// <summary>When the key shall expire, or -1 if no option says. False: the error has been answered.</summary>
    public readonly bool TryExpiry(CommandContext context, in CommandArgs args, string command, out long when)
    {
        when = -1;
        return _unit == Unit.None
            || TryExpiry(context, args[_expiry], _unit is Unit.Ex or Unit.ExAt, IsAbsolute, command, out when);
    }

    public static bool TryExpiry(
        CommandContext context, ReadOnlySpan<byte> text, bool seconds, bool absolute, string command, out long when)
    {
        if (!context.TryInteger(text, out when)) return false;
        var valid = when > 0 && !(seconds && when > long.MaxValue / 1000);
        if (valid && seconds) when *= 1000;
        if (valid && !absolute)
        {
            valid = when <= long.MaxValue - context.NowMilliseconds;
            if (valid) when += context.NowMilliseconds;
        }

        if (!valid) Errors.InvalidExpiry(context.Reply, command);
        return valid;
    }
}
