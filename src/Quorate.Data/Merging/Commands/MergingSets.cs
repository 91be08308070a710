using Quorate.Data.Commands;
using Quorate.Data.Values;
using Quorate.Resp;
using static Quorate.Data.Merging.Commands.MergingTable;

namespace Quorate.Data.Merging.Commands;

/// <summary>Sets that merge: an addition wins over a concurrent removal.</summary>
internal static class MergingSets
{
    public static readonly CommandSpec[] Commands =
    [
        Entry("sadd", -3, "set", "Add one or more members to a set", "wins over a concurrent removal", SAdd, complexity: "O(N)"),
        Entry("srem", -3, "set", "Remove one or more members from a set", "removes the additions it has seen", SRem,
            complexity: "O(N)"),
        Entry("sismember", 3, "set", "Determine if a given value is a member of a set", "", SIsMember, isWrite: false),
        Entry("smismember", -3, "set", "Determine which given values are members of a set", "", SMIsMember, isWrite: false,
            since: "6.2.0", complexity: "O(N)"),
        Entry("smembers", 2, "set", "Get all the members in a set", "", SMembers, isWrite: false, complexity: "O(N log N)"),
        Entry("scard", 2, "set", "Get the number of members in a set", "", SCard, isWrite: false),
    ];

    private static void SAdd(MergingContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], ValueKind.Set, out var found)) return;
        var change = context.Change(args[1]);
        var added = 0;
        for (var i = 2; i < args.Count; i++)
        {
            if (change.Delta.Members is { } listed && listed.Lists(args[i])) continue;
            if (found is null || !found.Members!.Contains(args[i])) added++;
            // Also a member that is there is added again, so that it stays if it is being removed elsewhere.
            change.AddMember(args[i]);
        }

        context.Commit(change);
        context.Reply.Integer(added);
    }

    private static void SRem(MergingContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], ValueKind.Set, out var found)) return;
        var removed = 0;
        if (found is not null)
        {
            ObjectChange? change = null;
            for (var i = 2; i < args.Count; i++)
            {
                if (!found.Members!.Contains(args[i]) || change?.Delta.Members?.Lists(args[i]) == true) continue;
                change ??= context.Change(args[1]);
                change.RemoveMember(args[i]);
                removed++;
            }

            if (change is not null) context.Commit(change);
        }

        context.Reply.Integer(removed);
    }

    private static void SIsMember(MergingContext context, in CommandArgs args)
    {
        if (context.TryFind(args[1], ValueKind.Set, out var found))
            context.Reply.Integer(found is not null && found.Members!.Contains(args[2]) ? 1 : 0);
    }

    private static void SMIsMember(MergingContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], ValueKind.Set, out var found)) return;
        context.Reply.Array(args.Count - 2);
        for (var i = 2; i < args.Count; i++) context.Reply.Integer(found is not null && found.Members!.Contains(args[i]) ? 1 : 0);
    }

    private static void SMembers(MergingContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], ValueKind.Set, out var found)) return;
        context.Reply.Set(found?.Members!.Count ?? 0);
        if (found is null) return;
        foreach (var member in found.Members!.Ordered()) context.Reply.Bulk(member);
    }

    private static void SCard(MergingContext context, in CommandArgs args)
    {
        if (context.TryFind(args[1], ValueKind.Set, out var found)) context.Reply.Integer(found?.Members!.Count ?? 0);
    }
}
