using Quorate.Data.Commands;
using Quorate.Data.Values;
using Quorate.Replication;
using Quorate.Replication.Crdt;
using Quorate.Resp;
using static Quorate.Data.Merging.Commands.MergingTable;

namespace Quorate.Data.Merging.Commands;

/// <summary>Looking at conflicts and ending them.</summary>
internal static class Conflicts
{
    private const int LongestNumber = 20;
    private const int DefaultCount = 100;

    private static CommandSpec Sub(string name, int arity, string summary, MergingHandler handler, bool isWrite = false,
        int key = 0) =>
        Entry(name, arity, "conflict", summary, "", handler, isWrite, lastKey: 0) with
        {
            FirstKey = key,
            LastKey = key,
            KeyStep = key == 0 ? 0 : 1
        };

    public static readonly CommandSpec[] Commands =
    [
        Entry("siblings", 2, "conflict", "Get all concurrent values of a key, and the context with which SET replaces them", "",
            Siblings, isWrite: false),
        Entry("losses", -1, "conflict", "Overwritten concurrent values, the newest first", "", AllLost, isWrite: false,
            lastKey: 0),
        Entry("quorum", -4, "conflict", "Execute one command of a leaderless keyspace with another R or W", "", Misused,
            isWrite: false, lastKey: 0),
        new()
        {
            Name = "conflicts", Arity = -2, Flags = CommandFlags.ReadOnly, Route = CommandRoute.Read, Group = "conflict",
            Summary = "Look at conflicts and end them",
            Subcommands =
            [
                Sub("conflicts|count", 2, "Keys in conflict now, and values that ever became concurrent", CountAll),
                Sub("conflicts|list", -2, "Keys in conflict now", List),
                Sub("conflicts|lost", -2, "Overwritten concurrent values, the newest first", Lost),
                Sub("conflicts|resolve", 4, "Keep one type of a key that has several", Resolve, isWrite: true, key: 2),
            ],
        },
    ];

    /// <summary>Values that the writer, who gave no context, cannot have seen go to the loss log before they are
    /// replaced.</summary>
    public static void KeepUnseen(MergingContext context, KeyObject found)
    {
        if (found.Text is not { Register.Count: > 1 } text || found.Merged is not null
            || context.Store.Options.Conflicts == ConflictRule.Lww) return;
        var winner = text.Register.Winner(context.Store.Options.Rules).Dot;
        foreach (ref readonly var sibling in text.Register.Siblings)
            if (sibling.Dot != winner) context.Store.KeepLoss(found, sibling, context.Now);
    }

    private static void Siblings(MergingContext context, in CommandArgs args)
    {
        var found = context.Find(args[1]);
        context.Reply.Array(2);
        context.Reply.Bulk(SiblingContext.TextOf(found?.Text));
        var register = found?.Text?.Register;
        var counter = found?.Text?.Counter is { IsLive: true } live ? live : null;
        // All values, each with its type: the string's, what was added to it, then the other types that the key was given.
        context.Reply.Array((register?.Count ?? 0) + (counter is null ? 0 : 1)
            + (found is null ? 0 : found.KindCount - (found.HasText ? 1 : 0)));
        if (found is null) return;
        for (var i = 0; i < (register?.Count ?? 0); i++) Pair(context.Reply, "string"u8, register![i].Value);
        if (counter is not null)
        {
            Span<byte> digits = stackalloc byte[LongestNumber];
            Pair(context.Reply, "counter"u8, digits[..Numbers.Format(counter.Value, digits)]);
        }

        ReplyOtherTypes(context, found);
    }

    private static void ReplyOtherTypes(MergingContext context, KeyObject found)
    {
        if (found.HasFields)
        {
            context.Reply.Array(2);
            context.Reply.Bulk("hash"u8);
            context.Reply.Array(found.Fields!.LiveCount * 2);
            Span<byte> digits = stackalloc byte[LongestNumber];
            foreach (var field in found.Fields.Ordered())
            {
                context.Reply.Bulk(field);
                context.Reply.Bulk(TextValue.Of(found.Fields.Find(field)!, null, context.Store.Options.Rules, digits));
            }
        }

        if (found.HasScores)
        {
            context.Reply.Array(2);
            context.Reply.Bulk("zset"u8);
            context.Reply.Array(found.Scores!.LiveCount * 2);
            foreach (var (score, member) in found.Scores.InOrder)
            {
                context.Reply.Bulk(member);
                context.Reply.Double(score);
            }
        }

        if (!found.HasMembers) return;
        context.Reply.Array(2);
        context.Reply.Bulk("set"u8);
        context.Reply.Array(found.Members!.Count);
        foreach (var member in found.Members.Ordered()) context.Reply.Bulk(member);
    }

    private static void CountAll(MergingContext context, in CommandArgs args)
    {
        context.Reply.Array(2);
        context.Reply.Integer(context.Store.Conflicted.Count);
        context.Reply.Integer(context.Store.ConflictsSeen);
    }

    private static void List(MergingContext context, in CommandArgs args)
    {
        if (!TryCount(context, args, 2, out var count)) return;
        var all = context.Store.Conflicted;
        context.Reply.Array(Math.Min(count, all.Count));
        foreach (var key in all.Take(count)) context.Reply.Bulk(key);
    }

    /// <summary>Taken off before the command is executed, where it makes sense.</summary>
    private static void Misused(MergingContext context, in CommandArgs args) =>
        context.Reply.Error("ERR QUORUM is taken off where a leaderless keyspace is selected"u8);

    private static void Lost(MergingContext context, in CommandArgs args)
    {
        if (TryCount(context, args, 2, out var count)) ReplyLosses(context, count);
    }

    private static void AllLost(MergingContext context, in CommandArgs args)
    {
        if (TryCount(context, args, 1, out var count)) ReplyLosses(context, count);
    }

    private static void ReplyLosses(MergingContext context, int count)
    {
        var losses = context.Store.Losses;
        context.Reply.Array(Math.Min(count, losses.Count));
        foreach (var loss in losses.OldestFirst.Skip(Math.Max(0, losses.Count - count)).Reverse())
        {
            context.Reply.Array(5);
            context.Reply.Integer(loss.AtMilliseconds);
            context.Reply.Bulk(loss.Key);
            context.Reply.Bulk(loss.Field);
            if (loss.Part == Part.Member && loss.Value.Value.Length == sizeof(double))
                context.Reply.Double(BitConverter.ToDouble(loss.Value.Value));
            else context.Reply.Bulk(loss.Value.Value);
            context.Reply.Bulk(loss.Value.Dot.ToString());
        }
    }

    private static void Resolve(MergingContext context, in CommandArgs args)
    {
        ValueKind[] kinds = [ValueKind.String, ValueKind.Hash, ValueKind.Set, ValueKind.SortedSet];
        foreach (var kind in kinds)
        {
            if (!args[3].Is(MergingKinds.NameOf(kind))) continue;
            var found = context.Find(args[2]);
            var isThere = found is not null && kind switch
            {
                ValueKind.String => found.HasText,
                ValueKind.Hash => found.HasFields,
                ValueKind.Set => found.HasMembers,
                _ => found.HasScores,
            };
            if (isThere && found!.KindCount > 1)
            {
                var change = context.Change(args[2]);
                change.KeepOnly(kind);
                context.Commit(change);
            }

            context.Reply.Integer(isThere ? 1 : 0);
            return;
        }

        context.Reply.Error("ERR the types of keys are string, hash, set and zset"u8);
    }

    private static bool TryCount(MergingContext context, in CommandArgs args, int names, out int count)
    {
        count = DefaultCount;
        if (args.Count == names) return true;
        if (args.Count == names + 2 && args[names].Is("count"u8))
        {
            if (!context.TryInteger(args[names + 1], out var asked)) return false;
            count = (int)Math.Clamp(asked, 0, int.MaxValue);
            return true;
        }

        context.Reply.Error(Errors.Syntax);
        return false;
    }

    private static void Pair(RespWriter reply, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> value)
    {
        reply.Array(2);
        reply.Bulk(kind);
        reply.Bulk(value);
    }
}
