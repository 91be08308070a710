using Quorate.Data.Commands;
using Quorate.Data.Values;
using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Resp;
using static Quorate.Data.Merging.Commands.MergingTable;

namespace Quorate.Data.Merging.Commands;

/// <summary>Strings that merge: multi-value registers.</summary>
internal static class MergingStrings
{
    public static readonly CommandSpec[] Commands =
    [
        Entry("set", -3, "string", "Set the string value of a key", "concurrent values stay siblings, the latest is shown", Set),
        Entry("get", 2, "string", "Get the value of a key", "", Get, isWrite: false),
        Entry("mset", -3, "string", "Set multiple keys to multiple values", "as SET for each key", MSet, lastKey: -1, keyStep: 2,
            since: "1.0.1", complexity: "O(N)"),
        Entry("mget", -2, "string", "Get the values of all the given keys", "", MGet, isWrite: false, lastKey: -1,
            complexity: "O(N)"),
        Entry("strlen", 2, "string", "Get the length of the value stored in a key", "", StrLen, isWrite: false, since: "2.2.0"),
    ];

    private const int LongestNumber = 20;

    private ref struct SetWords
    {
        public long Deadline;
        public bool HasDeadline;
        public bool KeepsDeadline;
        public SiblingContext? Seen;
    }

    private static void Set(MergingContext context, in CommandArgs args)
    {
        var words = default(SetWords);
        if (args.Count > 3 && !TryParse(context, args, ref words)) return;
        if (TrySet(context, args[1], args[2], words)) context.Reply.Ok();
    }

    private static void MSet(MergingContext context, in CommandArgs args)
    {
        if ((args.Count & 1) == 0)
        {
            Errors.WrongCount(context.Reply, "mset");
            return;
        }

        for (var i = 1; i < args.Count; i += 2)
            if (!TrySet(context, args[i], args[i + 1], default)) return;
        context.Reply.Ok();
    }

    private static void Get(MergingContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], ValueKind.String, out var found)) return;
        if (found is null) context.Reply.Null();
        else context.Reply.Bulk(TextValue.Of(found, context.Store.Options.Rules, stackalloc byte[LongestNumber]));
    }

    private static void MGet(MergingContext context, in CommandArgs args)
    {
        Span<byte> digits = stackalloc byte[LongestNumber];
        context.Reply.Array(args.Count - 1);
        for (var i = 1; i < args.Count; i++)
        {
            if (context.Find(args[i]) is { Kind: ValueKind.String } found)
                context.Reply.Bulk(TextValue.Of(found, context.Store.Options.Rules, digits));
            else context.Reply.Null();
        }
    }

    private static void StrLen(MergingContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], ValueKind.String, out var found)) return;
        context.Reply.Integer(
            found is null ? 0 : TextValue.Of(found, context.Store.Options.Rules, stackalloc byte[LongestNumber]).Length);
    }

    private static bool TrySet(MergingContext context, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in SetWords words)
    {
        var options = context.Store.Options;
        var found = context.Find(key);
        var siblings = found?.Text?.Register;
        if (words.Seen is { } seen && siblings is not null)
        {
            var left = 1;
            foreach (ref readonly var sibling in siblings.Siblings)
                if (!seen.Dots.Contains(sibling.Dot)) left++;
            if (left > options.MostSiblings)
            {
                context.Reply.Error(
                    $"ERR more than {options.MostSiblings} siblings; read them with SIBLINGS and set one value with that " +
                    "context");
                return false;
            }
        }

        // The writer that gave no context has seen what GET shows: the winner, or under a rule that works, all in one.
        var winnerOnly = words.Seen is null && siblings is { Count: > 1 } && found!.KindCount == 1
            && (options.Conflicts == ConflictRule.Siblings || (options.Conflicts == ConflictRule.Merge && found.Merged is null));
        var winner = winnerOnly ? siblings!.Winner(options.Rules).Dot : Dot.None;
        if (!winnerOnly && words.Seen is null && found is not null) Conflicts.KeepUnseen(context, found);

        var change = context.Change(key);
        if (words.Seen is not null) change.SetTextAfter(words.Seen, value);
        else if (winnerOnly) change.SetTextOver(winner, value);
        else change.SetText(value, context.Store.Floor, words.KeepsDeadline);
        if (words.HasDeadline) change.SetDeadline(words.Deadline);
        else if (!words.KeepsDeadline && (winnerOnly || words.Seen is not null) && !change.IsFresh) change.Persist();
        context.Commit(change);
        return true;
    }

    private static bool TryParse(MergingContext context, in CommandArgs args, ref SetWords words)
    {
        for (var i = 3; i < args.Count; i++)
        {
            var word = args[i];
            if (word.Is("nx"u8) || word.Is("xx"u8) || word.Is("get"u8))
            {
                MergingContext.Refuse(context.Reply, $"set {System.Text.Encoding.ASCII.GetString(word).ToLowerInvariant()}");
                return false;
            }

            if (word.Is("keepttl"u8) && !words.HasDeadline)
            {
                words.KeepsDeadline = true;
            }
            else if (word.Is("context"u8) && i + 1 < args.Count)
            {
                if (!SiblingContext.TryParse(args[++i], out var seen))
                {
                    context.Reply.Error("ERR invalid context; SIBLINGS gives one"u8);
                    return false;
                }

                words.Seen = seen;
            }
            else if (i + 1 < args.Count && !words.KeepsDeadline && !words.HasDeadline
                && MergingExpiry.IsUnit(word, out var seconds, out var absolute))
            {
                if (!MergingExpiry.TryDeadline(context, args[++i], seconds, absolute, "set", out words.Deadline)) return false;
                words.HasDeadline = true;
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
        }

        return true;
    }
}
