using Quorate.Data.Commands;
using Quorate.Data.Values;
using Quorate.Resp;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Data.Strings;

/// <summary>LCS: the longest common subsequence of two strings by dynamic programming.</summary>
internal static class LongestCommonSubsequence
{
    public static readonly CommandSpec[] Commands =
    [
        new()
        {
            Name = "lcs", Arity = -3, Flags = ReadOnly, Route = CommandRoute.Read, FirstKey = 1, LastKey = 2, KeyStep = 1,
            Group = "string", Since = "7.0.0", Complexity = "O(N*M)", Summary = "Find longest common substring", Handler = Lcs,
        },
    ];

    private readonly record struct Match(int StartA, int EndA, int StartB, int EndB)
    {
        public int Length => EndA - StartA + 1;
    }

    private static void Lcs(CommandContext context, in CommandArgs args)
    {
        int rowA = context.FindCounted(args[1]), rowB = context.FindCounted(args[2]);
        foreach (var row in (ReadOnlySpan<int>)[rowA, rowB])
        {
            if (row == 0 || context.Store.MarkOf(row).Kind == ValueKind.String) continue;
            context.Reply.Error("ERR The specified keys must contain string values"u8);
            return;
        }

        bool wantsLength = false, wantsMatches = false, withLengths = false;
        long shortest = 0;
        for (var i = 3; i < args.Count; i++)
        {
            if (args[i].Is("idx"u8)) wantsMatches = true;
            else if (args[i].Is("len"u8)) wantsLength = true;
            else if (args[i].Is("withmatchlen"u8)) withLengths = true;
            else if (args[i].Is("minmatchlen"u8) && i + 1 < args.Count)
            {
                if (!context.TryInteger(args[++i], out shortest)) return;
                shortest = Math.Max(0, shortest);
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return;
            }
        }

        if (wantsMatches && wantsLength)
        {
            context.Reply.Error("ERR If you want both the length and indexes, please just use IDX."u8);
            return;
        }

        var a = context.StringOf(rowA);
        var b = context.StringOf(rowB);
        if ((a.Length + 1L) * (b.Length + 1L) * sizeof(int) > KeyspaceMachine.LongestValueBytes)
        {
            context.Reply.Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"u8);
            return;
        }

        var lengths = Lengths(a, b);
        var total = lengths[^1];
        if (wantsLength)
        {
            context.Reply.Integer(total);
            return;
        }

        var common = new byte[total];
        var matches = Trace(a, b, lengths, common);
        if (!wantsMatches) context.Reply.Bulk(common);
        else ReplyMatches(context.Reply, matches.FindAll(m => m.Length >= shortest), total, withLengths);
    }

    private static int[] Lengths(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var width = b.Length + 1;
        var lengths = new int[(a.Length + 1) * width];
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                lengths[(i * width) + j] = a[i - 1] == b[j - 1]
                    ? lengths[((i - 1) * width) + j - 1] + 1
                    : Math.Max(lengths[((i - 1) * width) + j], lengths[(i * width) + j - 1]);
            }
        }

        return lengths;
    }

    /// <summary>Walks back from the end: fills the common bytes and lists the runs in the order met, the last one
    /// first.</summary>
    private static List<Match> Trace(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, int[] lengths, byte[] common)
    {
        var matches = new List<Match>();
        var width = b.Length + 1;
        int i = a.Length, j = b.Length, at = common.Length;
        Match? run = null;
        while (at > 0)
        {
            if (a[i - 1] == b[j - 1])
            {
                common[--at] = a[i - 1];
                if (run is { } r && r.StartA == i && r.StartB == j) run = r with { StartA = i - 1, StartB = j - 1 };
                else
                {
                    if (run is { } done) matches.Add(done);
                    run = new Match(i - 1, i - 1, j - 1, j - 1);
                }

                i--;
                j--;
            }
            else if (lengths[((i - 1) * width) + j] > lengths[(i * width) + j - 1]) i--;
            else j--;
        }

        if (run is { } last) matches.Add(last);
        return matches;
    }

    private static void ReplyMatches(RespWriter reply, List<Match> matches, int total, bool withLengths)
    {
        reply.Map(2);
        reply.Bulk("matches"u8);
        reply.Array(matches.Count);
        foreach (var match in matches)
        {
            reply.Array(withLengths ? 3 : 2);
            reply.Array(2);
            reply.Integer(match.StartA);
            reply.Integer(match.EndA);
            reply.Array(2);
            reply.Integer(match.StartB);
            reply.Integer(match.EndB);
            if (withLengths) reply.Integer(match.Length);
        }

        reply.Bulk("len"u8);
        reply.Integer(total);
    }
}
