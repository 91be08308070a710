using Quorate.Data.Commands;
using Quorate.Resp;
using static Quorate.Data.Merging.Commands.MergingTable;

namespace Quorate.Data.Merging.Commands;

/// <summary>
/// Time to live, by the wall clock of the replica that is asked. A deadline replaces those that its writer has seen; of
/// concurrent ones the latest holds, because too late can be mended and too early cannot.
/// </summary>
internal static class MergingExpiry
{
    private const string Merging = "the latest of concurrent deadlines holds";

    public static readonly CommandSpec[] Commands =
    [
        Entry("expire", 3, "generic", "Set a key's time to live in seconds", Merging, Expire),
        Entry("pexpire", 3, "generic", "Set a key's time to live in milliseconds", Merging, PExpire, since: "2.6.0"),
        Entry("expireat", 3, "generic", "Set the expiration for a key as a UNIX timestamp", Merging, ExpireAt, since: "1.2.0"),
        Entry("pexpireat", 3, "generic", "Set the expiration for a key as a UNIX timestamp specified in milliseconds", Merging,
            PExpireAt, since: "2.6.0"),
        Entry("persist", 2, "generic", "Remove the expiration from a key",
            "removes the deadlines it has seen; one that is set concurrently holds", Persist, since: "2.2.0"),
        Entry("ttl", 2, "generic", "Get the time to live for a key in seconds", "", Ttl, isWrite: false),
        Entry("pttl", 2, "generic", "Get the time to live for a key in milliseconds", "", PTtl, isWrite: false, since: "2.6.0"),
    ];

    /// <summary>EX, PX, EXAT, PXAT.</summary>
    public static bool IsUnit(ReadOnlySpan<byte> word, out bool seconds, out bool absolute)
    {
        seconds = word.Is("ex"u8) || word.Is("exat"u8);
        absolute = word.Is("exat"u8) || word.Is("pxat"u8);
        return seconds || absolute || word.Is("px"u8);
    }

    /// <summary>A deadline that lies after the beginning of time, in Unix milliseconds; else the error is answered.</summary>
    public static bool TryDeadline(MergingContext context, ReadOnlySpan<byte> text, bool seconds, bool absolute, string command,
        out long deadline)
    {
        if (!context.TryInteger(text, out deadline)) return false;
        if (deadline > 0 && TryAbsolute(context, ref deadline, seconds, absolute)) return true;
        Errors.InvalidExpiry(context.Reply, command);
        return false;
    }

    private static void Expire(MergingContext context, in CommandArgs args) => SetDeadline(context, args, true, false, "expire");

    private static void PExpire(MergingContext context, in CommandArgs args) =>
        SetDeadline(context, args, false, false, "pexpire");

    private static void ExpireAt(MergingContext context, in CommandArgs args) =>
        SetDeadline(context, args, true, true, "expireat");

    private static void PExpireAt(MergingContext context, in CommandArgs args) =>
        SetDeadline(context, args, false, true, "pexpireat");

    private static void SetDeadline(MergingContext context, in CommandArgs args, bool seconds, bool absolute, string command)
    {
        if (!context.TryInteger(args[2], out var when)) return;
        if (!TryAbsolute(context, ref when, seconds, absolute))
        {
            Errors.InvalidExpiry(context.Reply, command);
            return;
        }

        if (context.Find(args[1]) is null)
        {
            context.Reply.Integer(0);
            return;
        }

        var change = context.Change(args[1]);
        if (when <= context.Now.UnixMilliseconds) change.RemoveAll(context.Store.Floor);
        else change.SetDeadline(when);
        context.Commit(change);
        context.Reply.Integer(1);
    }

    private static void Persist(MergingContext context, in CommandArgs args)
    {
        if (context.Find(args[1]) is not { Deadlines.Count: > 0 })
        {
            context.Reply.Integer(0);
            return;
        }

        var change = context.Change(args[1]);
        change.Persist();
        context.Commit(change);
        context.Reply.Integer(1);
    }

    private static void Ttl(MergingContext context, in CommandArgs args)
    {
        var left = Remaining(context, args[1]);
        context.Reply.Integer(left < 0 ? left : (left + 500) / 1000);
    }

    private static void PTtl(MergingContext context, in CommandArgs args) => context.Reply.Integer(Remaining(context, args[1]));

    private static long Remaining(MergingContext context, ReadOnlySpan<byte> key) =>
        context.Find(key) is not { } found ? -2 : found.Deadline == KeyObject.Never ? -1
            : found.Deadline - context.Now.UnixMilliseconds;

    private static bool TryAbsolute(MergingContext context, ref long when, bool seconds, bool absolute)
    {
        if (seconds && when is > long.MaxValue / 1000 or < long.MinValue / 1000) return false;
        if (seconds) when *= 1000;
        var from = absolute ? 0 : context.Now.UnixMilliseconds;
        // The last number means never.
        if (when >= KeyObject.Never - from) return false;
        when += from;
        return true;
    }
}
