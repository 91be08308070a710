using Quorate.Data.Commands;
using Quorate.Resp;
using static Quorate.Data.Merging.Commands.MergingTable;

namespace Quorate.Data.Merging.Commands;

/// <summary>Keys, whatever they hold.</summary>
internal static class MergingKeys
{
    private const string Merging = "removes what it has seen; what is written concurrently stays";

    public static readonly CommandSpec[] Commands =
    [
        Entry("del", -2, "generic", "Delete a key", Merging, Del, lastKey: -1, complexity: "O(N)"),
        Entry("unlink", -2, "generic", "Delete a key", Merging, Del, lastKey: -1, since: "4.0.0", complexity: "O(N)"),
        Entry("exists", -2, "generic", "Determine if a key exists", "", Exists, isWrite: false, lastKey: -1, complexity: "O(N)"),
        Entry("type", 2, "generic", "Determine the type stored at key", "", TypeOf, isWrite: false),
    ];

    private static void Del(MergingContext context, in CommandArgs args)
    {
        var deleted = 0;
        for (var i = 1; i < args.Count; i++)
        {
            if (context.Find(args[i]) is not { } found) continue;
            Conflicts.KeepUnseen(context, found);
            var change = context.Change(args[i]);
            change.RemoveAll(context.Store.Floor);
            context.Commit(change);
            deleted++;
        }

        context.Reply.Integer(deleted);
    }

    private static void Exists(MergingContext context, in CommandArgs args)
    {
        var found = 0;
        for (var i = 1; i < args.Count; i++)
            if (context.Find(args[i]) is not null) found++;
        context.Reply.Integer(found);
    }

    private static void TypeOf(MergingContext context, in CommandArgs args) =>
        context.Reply.Simple(context.Find(args[1]) is { } found ? MergingKinds.NameOf(found.Kind) : "none"u8);
}
