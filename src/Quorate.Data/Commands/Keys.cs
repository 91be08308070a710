using Quorate.Replication.Ordered;
using Quorate.Resp;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Data.Commands;

/// <summary>Keys, whatever they hold.</summary>
internal static class Keys
{
    public static readonly CommandSpec[] Commands =
    [
        new()
        {
            Name = "del", Arity = -2, Flags = Write, Route = CommandRoute.Write, FirstKey = 1, LastKey = -1, KeyStep = 1,
            Complexity = "O(N)", Summary = "Delete a key", Handler = Del,
        },
        new()
        {
            Name = "unlink", Arity = -2, Flags = Write | Fast, Route = CommandRoute.Write, FirstKey = 1, LastKey = -1,
            KeyStep = 1,
            Since = "4.0.0", Complexity = "O(1) for each key",
            Summary = "Delete a key asynchronously in another thread. Otherwise it is just as DEL, but non blocking.",
            Handler = Del,
        },
        new()
        {
            Name = "exists", Arity = -2, Flags = ReadOnly | Fast, Route = CommandRoute.Read, FirstKey = 1, LastKey = -1,
            KeyStep = 1,
            Complexity = "O(N)", Summary = "Determine if a key exists", Handler = Exists,
        },
        new()
        {
            Name = "touch", Arity = -2, Flags = ReadOnly | Fast, Route = CommandRoute.Read, FirstKey = 1, LastKey = -1,
            KeyStep = 1,
            Since = "3.2.1", Complexity = "O(N)",
            Summary = "Alters the last access time of a key(s). Returns the number of existing keys specified.", Handler = Exists,
        },
        new()
        {
            Name = "type", Arity = 2, Flags = ReadOnly | Fast, Route = CommandRoute.Read, FirstKey = 1, LastKey = 1, KeyStep = 1,
            Summary = "Determine the type stored at key", Handler = TypeOf,
        },
        new()
        {
            Name = "rename", Arity = 3, Flags = Write, Route = CommandRoute.Write, FirstKey = 1, LastKey = 2, KeyStep = 1,
            Summary = "Rename a key", Handler = Rename,
        },
        new()
        {
            Name = "renamenx", Arity = 3, Flags = Write | Fast, Route = CommandRoute.Write, FirstKey = 1, LastKey = 2,
            KeyStep = 1,
            Summary = "Rename a key, only if the new key does not exist", Handler = RenameNx,
        },
    ];

    private static void Del(CommandContext context, in CommandArgs args)
    {
        var deleted = 0;
        for (var i = 1; i < args.Count; i++)
        {
            var row = context.Find(args[i]);
            if (row == 0) continue;
            context.Store.Remove(row, KeyChange.Removed);
            deleted++;
        }

        context.Reply.Integer(deleted);
    }

    private static void Exists(CommandContext context, in CommandArgs args)
    {
        var found = 0;
        for (var i = 1; i < args.Count; i++)
            if (context.FindCounted(args[i]) != 0) found++;
        context.Reply.Integer(found);
    }

    private static void TypeOf(CommandContext context, in CommandArgs args)
    {
        var row = context.Find(args[1]);
        context.Reply.Simple(row == 0 ? "none"u8 : context.Machine.Types.NameOf(context.Store.MarkOf(row).Kind));
    }

    private static void Rename(CommandContext context, in CommandArgs args)
    {
        if (TryRename(context, args, onlyIfAbsent: false, out _)) context.Reply.Ok();
    }

    private static void RenameNx(CommandContext context, in CommandArgs args)
    {
        if (TryRename(context, args, onlyIfAbsent: true, out var renamed)) context.Reply.Integer(renamed ? 1 : 0);
    }

    private static bool TryRename(CommandContext context, in CommandArgs args, bool onlyIfAbsent, out bool renamed)
    {
        renamed = false;
        var from = context.Find(args[1]);
        if (from == 0)
        {
            context.Reply.Error(Errors.NoSuchKey);
            return false;
        }

        if (args[1].SequenceEqual(args[2])) return true;
        var to = context.Find(args[2]);
        if (to != 0 && onlyIfAbsent) return true;
        KeyCopies.Move(context, context.Database, from, context.Database, args[2], replace: true);
        renamed = true;
        return true;
    }
}
