using System.Buffers.Text;
using Quorate.Data.Commands;
using Quorate.Data.Values;
using Quorate.Resp;
using static Quorate.Data.Merging.Commands.MergingTable;

namespace Quorate.Data.Merging.Commands;

/// <summary>Sorted sets that merge: observed-remove maps from members to scores.</summary>
internal static class MergingSortedSets
{
    public static readonly CommandSpec[] Commands =
    [
        Entry("zadd", -4, "sorted-set", "Add one or more members to a sorted set, or update their scores",
            "member by member; the latest score wins, and wins over a concurrent removal", ZAdd, since: "1.2.0",
            complexity: "O(N log N)"),
        Entry("zrem", -3, "sorted-set", "Remove one or more members from a sorted set",
            "removes what it has seen of the members", ZRem, since: "1.2.0", complexity: "O(N log N)"),
        Entry("zincrby", 4, "sorted-set", "Increment the score of a member in a sorted set",
            "integers only, which add up exactly", ZIncrBy, since: "1.2.0", complexity: "O(log N)"),
        Entry("zscore", 3, "sorted-set", "Get the score of a member in a sorted set", "", ZScore, isWrite: false, since: "1.2.0"),
        Entry("zcard", 2, "sorted-set", "Get the number of members in a sorted set", "", ZCard, isWrite: false, since: "1.2.0"),
        Entry("zrange", -4, "sorted-set", "Return a range of members in a sorted set, by index", "", ZRange, isWrite: false,
            since: "1.2.0", complexity: "O(stop)"),
    ];

    private static void ZAdd(MergingContext context, in CommandArgs args)
    {
        var first = 2;
        var countsChanged = false;
        for (; first < args.Count; first++)
        {
            var word = args[first];
            if (word.Is("ch"u8))
            {
                countsChanged = true;
            }
            else if (word.Is("nx"u8) || word.Is("xx"u8) || word.Is("gt"u8) || word.Is("lt"u8) || word.Is("incr"u8))
            {
                MergingContext.Refuse(context.Reply, $"zadd {System.Text.Encoding.ASCII.GetString(word).ToLowerInvariant()}");
                return;
            }
            else
            {
                break;
            }
        }

        if (first == args.Count || ((args.Count - first) & 1) != 0)
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }

        for (var i = first; i < args.Count; i += 2)
            if (!TryScore(context, args[i], out _)) return;
        if (!context.TryFind(args[1], ValueKind.SortedSet, out var found)) return;
        var change = context.Change(args[1]);
        int added = 0, changed = 0;
        for (var i = first; i < args.Count; i += 2)
        {
            TryScore(context, args[i], out var score);
            var old = 0.0;
            var wasThere = (found is not null && found.Scores!.TryScore(args[i + 1], out old))
                || change.Delta.Scores?.Find(args[i + 1]) is not null;
            if (!wasThere) added++;
            else if (old != score) changed++;
            change.SetScore(args[i + 1], score);
        }

        context.Commit(change);
        context.Reply.Integer(countsChanged ? added + changed : added);
    }

    private static void ZRem(MergingContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], ValueKind.SortedSet, out var found)) return;
        var removed = 0;
        if (found is not null)
        {
            ObjectChange? change = null;
            for (var i = 2; i < args.Count; i++)
            {
                if (found.Scores!.Find(args[i]) is null || change?.Delta.Scores?.Lists(args[i]) == true) continue;
                change ??= context.Change(args[1]);
                change.RemoveScore(args[i]);
                removed++;
            }

            if (change is not null) context.Commit(change);
        }

        context.Reply.Integer(removed);
    }

    /// <summary>Fractions would be added in another order on each replica and so come out different in the last digits.</summary>
    private static void ZIncrBy(MergingContext context, in CommandArgs args)
    {
        if (!Numbers.TryParse(args[2], out var by))
        {
            context.Reply.Error("ERR a merging keyspace increments scores by integers only; strategies that take "u8 +
            "fractions: raft, primary, chain"u8);
            return;
        }

        if (!context.TryFind(args[1], ValueKind.SortedSet, out var found)) return;
        if (!MergingCounters.TrySum(context.Reply, found?.Scores!.Find(args[3])?.Counter?.Value ?? 0, by, out _)) return;
        var change = context.Change(args[1]);
        change.AddToScore(args[3], by);
        context.Commit(change);
        var score = 0.0;
        context.Find(args[1])?.Scores?.TryScore(args[3], out score);
        context.Reply.Double(score);
    }

    private static void ZScore(MergingContext context, in CommandArgs args)
    {
        if (!context.TryFind(args[1], ValueKind.SortedSet, out var found)) return;
        if (found is not null && found.Scores!.TryScore(args[2], out var score)) context.Reply.Double(score);
        else context.Reply.Null();
    }

    private static void ZCard(MergingContext context, in CommandArgs args)
    {
        if (context.TryFind(args[1], ValueKind.SortedSet, out var found)) context.Reply.Integer(found?.Scores!.LiveCount ?? 0);
    }

    private static void ZRange(MergingContext context, in CommandArgs args)
    {
        bool withScores = false, reverse = false;
        for (var i = 4; i < args.Count; i++)
        {
            if (args[i].Is("withscores"u8)) withScores = true;
            else if (args[i].Is("rev"u8)) reverse = true;
            else
            {
                context.Reply.Error(Errors.Syntax);
                return;
            }
        }

        if (!context.TryInteger(args[2], out var start) || !context.TryInteger(args[3], out var stop)) return;
        if (!context.TryFind(args[1], ValueKind.SortedSet, out var found)) return;
        long count = found?.Scores!.LiveCount ?? 0;
        start = Math.Max(0, start < 0 ? start + count : start);
        stop = Math.Min(count - 1, stop < 0 ? stop + count : stop);
        var length = (int)Math.Max(0, stop - start + 1);
        var pairs = withScores && context.Reply.Protocol >= 3;
        context.Reply.Array(withScores && !pairs ? length * 2 : length);
        if (length == 0) return;
        var order = reverse ? found!.Scores!.InReverse : found!.Scores!.InOrder;
        foreach (var (score, member) in order.Skip((int)start).Take(length))
        {
            if (pairs) context.Reply.Array(2);
            context.Reply.Bulk(member);
            if (withScores) context.Reply.Double(score);
        }
    }

    /// <summary>Any number but NaN; else the error is answered.</summary>
    private static bool TryScore(MergingContext context, ReadOnlySpan<byte> text, out double score)
    {
        var digits = text.Length > 0 && text[0] is (byte)'+' or (byte)'-' ? text[1..] : text;
        var isInfinite = digits.Is("inf"u8) || digits.Is("infinity"u8);
        score = isInfinite ? (text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity) : 0;
        if (isInfinite) return true;
        if (digits.Length > 0 && (char.IsAsciiDigit((char)digits[0]) || digits[0] == '.')
            && Utf8Parser.TryParse(text, out score, out var used) && used == text.Length && !double.IsNaN(score)) return true;
        context.Reply.Error(Errors.NotAFloat);
        return false;
    }
}
