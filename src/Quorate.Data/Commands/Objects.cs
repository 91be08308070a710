using Quorate.Resp;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Data.Commands;

/// <summary>
/// OBJECT and MEMORY: how a value is kept, in the words Redis has for it. Reads are not logged, so IDLETIME counts from the
/// last write of the value, by the log clock, and is the same on every replica.
/// </summary>
internal static class Objects
{
    public static readonly CommandSpec[] Commands =
    [
        new()
        {
            Name = "object", Arity = -2, Route = CommandRoute.Read, Since = "2.2.3", Complexity = "Depends on subcommand.",
            Summary = "A container for object introspection commands",
            Subcommands =
            [
                OfKey("object|encoding", "2.2.3", "Inspect the internal encoding of a Redis object", Encoding),
                OfKey("object|refcount", "2.2.3", "Get the number of references to the value of the key", RefCount),
                OfKey("object|idletime", "2.2.3", "Get the time since a Redis object was last accessed", IdleTime),
                OfKey("object|freq", "4.0.0", "Get the logarithmic access frequency counter of a Redis object", Freq),
                new()
                {
                    Name = "object|help", Arity = 2, Reach = KeylessReach.FirstGroup, Flags = Loading | Stale,
                    Route = CommandRoute.Read,
                    Since = "6.2.0", Summary = "Show helpful text about the different subcommands", Handler = ObjectHelp,
                },
            ],
        },
        new()
        {
            Name = "memory", Arity = -2, Route = CommandRoute.Read, Since = "4.0.0", Complexity = "Depends on subcommand.",
            Group = "server", Summary = "A container for memory diagnostics commands",
            Subcommands =
            [
                new()
                {
                    Name = "memory|usage", Arity = -3, Flags = ReadOnly, Route = CommandRoute.Read, FirstKey = 2, LastKey = 2,
                    KeyStep = 1,
                    Since = "4.0.0", Group = "server", Summary = "Estimate the memory usage of a key", Handler = MemoryUsage,
                },
                new()
                {
                    Name = "memory|help", Arity = 2, Reach = KeylessReach.FirstGroup, Flags = Loading | Stale,
                    Route = CommandRoute.Read,
                    Since = "4.0.0", Group = "server", Summary = "Show helpful text about the different subcommands",
                    Handler = MemoryHelp,
                },
            ],
        },
    ];

    private static CommandSpec OfKey(string name, string since, string summary, CommandHandler handler) => new()
    {
        Name = name,
        Arity = 3,
        Flags = ReadOnly,
        Route = CommandRoute.Read,
        FirstKey = 2,
        LastKey = 2,
        KeyStep = 1,
        Since = since,
        Summary = summary,
        Handler = handler,
    };

    private static bool TryKey(CommandContext context, in CommandArgs args, out int row)
    {
        row = context.Find(args[2]);
        if (row != 0) return true;
        context.Reply.Null();
        return false;
    }

    private static void Encoding(CommandContext context, in CommandArgs args)
    {
        if (!TryKey(context, args, out var row)) return;
        var type = context.Machine.Types.Of(context.Store.MarkOf(row).Kind);
        context.Reply.Bulk(type.EncodingOf(context.Store, row));
    }

    private static void RefCount(CommandContext context, in CommandArgs args)
    {
        if (TryKey(context, args, out _)) context.Reply.Integer(1);
    }

    private static void IdleTime(CommandContext context, in CommandArgs args)
    {
        if (!TryKey(context, args, out var row)) return;
        var now = Math.Max(context.NowMilliseconds, context.WallMilliseconds) / 1000;
        context.Reply.Integer(Math.Max(0, now - context.Store.WrittenOf(row)));
    }

    private static void Freq(CommandContext context, in CommandArgs args)
    {
        if (!TryKey(context, args, out _)) return;
        context.Reply.Error(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "u8 +
            "between policies at runtime LRU and LFU data will take some time to adjust."u8);
    }

    private static void MemoryUsage(CommandContext context, in CommandArgs args)
    {
        for (var i = 3; i < args.Count; i++)
        {
            if (!args[i].Is("samples"u8) || i + 1 == args.Count)
            {
                context.Reply.Error(Errors.Syntax);
                return;
            }

            if (!context.TryInteger(args[++i], out var samples)) return;
            if (samples >= 0) continue;
            context.Reply.Error(Errors.Syntax);
            return;
        }

        if (TryKey(context, args, out var row)) context.Reply.Integer(context.Store.MeasureOf(row));
    }

    private static void ObjectHelp(CommandContext context, in CommandArgs args) => Lines(
        context.Reply,
        "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "ENCODING <key>", "    How the value is kept: int, embstr or raw.",
        "FREQ <key>", "    Access frequency; not tracked.",
        "IDLETIME <key>", "    Seconds since the value was last written.",
        "REFCOUNT <key>", "    Number of references to the value.",
        "HELP", "    Print this help.");

    private static void MemoryHelp(CommandContext context, in CommandArgs args) => Lines(
        context.Reply,
        "MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "USAGE <key> [SAMPLES <count>]", "    Bytes of memory used by the key and its value.",
        "HELP", "    Print this help.");

    private static void Lines(RespWriter reply, params ReadOnlySpan<string> lines)
    {
        reply.Array(lines.Length);
        foreach (var line in lines) reply.Simple(System.Text.Encoding.ASCII.GetBytes(line));
    }
}
