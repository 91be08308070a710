using Quorate.Data.Store;
using Quorate.Replication.Ordered;
using Quorate.Resp;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Data.Commands;

/// <summary>Keys going to another name or another database.</summary>
internal static class KeyCopies
{
    public static readonly CommandSpec[] Commands =
    [
        new()
        {
            Name = "copy", Arity = -3, Flags = Write | DenyOom, Route = CommandRoute.Write, FirstKey = 1, LastKey = 2,
            KeyStep = 1,
            Since = "6.2.0", Complexity = "O(N)", Summary = "Copy a key", Handler = Copy,
        },
        new()
        {
            Name = "move", Arity = 3, Flags = Write | Fast, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1, KeyStep = 1,
            Summary = "Move a key to another database", Handler = MoveTo,
        },
    ];

    /// <summary>Puts the value and expiry of <paramref name="row"/> under another key and deletes the old one. A value that is
    /// not packed goes as it is.</summary>
    public static void Move(
        CommandContext context, Database from, int row, Database to, ReadOnlySpan<byte> key, bool replace)
    {
        var store = from.Store;
        if (!store.MarkOf(row).IsBuilt)
        {
            Duplicate(context, from, row, to, key, replace);
            store.Remove(row, KeyChange.Removed);
            return;
        }

        if (replace) RemoveOld(context, to, key);
        var (form, when) = (store.MarkOf(row).Form, store.ExpiryOf(row));
        var copy = to.Store.Insert(key, KeyHash.Of(key), store.Remove(row, KeyChange.Removed)!, form, context.Stamp);
        if (when >= 0) to.Store.SetExpiry(copy, when, context.Stamp.Version);
    }

    private static void Duplicate(
        CommandContext context, Database from, int row, Database to, ReadOnlySpan<byte> key, bool replace)
    {
        if (replace) RemoveOld(context, to, key);
        var store = from.Store;
        var (mark, when) = (store.MarkOf(row), store.ExpiryOf(row));
        int copy;
        if (mark.IsBuilt)
        {
            copy = to.Store.Insert(key, KeyHash.Of(key), store.ValueOf(row).Fork(), mark.Form, context.Stamp);
        }
        else
        {
            var source = store.BytesOf(row);
            copy = to.Store.Insert(key, KeyHash.Of(key), source.Length, mark.Form, context.Stamp, out var bytes);
            source.CopyTo(bytes);
        }

        if (when >= 0) to.Store.SetExpiry(copy, when, context.Stamp.Version);
    }

    private static void RemoveOld(CommandContext context, Database database, ReadOnlySpan<byte> key)
    {
        var old = context.Find(database, key);
        if (old != 0) database.Store.Remove(old, KeyChange.Removed);
    }

    private static void Copy(CommandContext context, in CommandArgs args)
    {
        var target = context.Database;
        var replace = false;
        for (var i = 3; i < args.Count; i++)
        {
            if (args[i].Is("replace"u8))
            {
                replace = true;
            }
            else if (args[i].Is("db"u8) && i + 1 < args.Count)
            {
                if (!TryDatabase(context, args[++i], out target)) return;
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return;
            }
        }

        if (target == context.Database && args[1].SequenceEqual(args[2]))
        {
            context.Reply.Error(Errors.SameObject);
            return;
        }

        var row = context.Find(args[1]);
        if (row == 0 || (context.Find(target, args[2]) != 0 && !replace))
        {
            context.Reply.Integer(0);
            return;
        }

        Duplicate(context, context.Database, row, target, args[2], replace);
        context.Reply.Integer(1);
    }

    private static void MoveTo(CommandContext context, in CommandArgs args)
    {
        if (!TryDatabase(context, args[2], out var target)) return;
        if (target == context.Database)
        {
            context.Reply.Error(Errors.SameObject);
            return;
        }

        var row = context.Find(args[1]);
        var moves = row != 0 && context.Find(target, args[1]) == 0;
        if (moves) Move(context, context.Database, row, target, args[1], replace: false);
        context.Reply.Integer(moves ? 1 : 0);
    }

    private static bool TryDatabase(CommandContext context, ReadOnlySpan<byte> text, out Database database)
    {
        database = context.Database;
        if (!context.TryInteger(text, out var number)) return false;
        if (number is < int.MinValue or > int.MaxValue)
        {
            context.Reply.Error($"ERR value is out of range, value must between {int.MinValue} and {int.MaxValue}");
            return false;
        }

        if (number < 0 || number >= context.Machine.Databases.Count)
        {
            context.Reply.Error(Errors.DatabaseOutOfRange);
            return false;
        }

        database = context.Machine.Databases[(int)number];
        return true;
    }
}
