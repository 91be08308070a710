using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>Sets of updates as a strategy needs them.</summary>
internal static class Contexts
{
    /// <summary>True when every update of the other is in it.</summary>
    public static bool Covers(this DotContext context, DotContext other)
    {
        for (var i = 0; i < other.Count; i++)
            if (!context.Covers(other[i])) return false;
        return true;
    }

    public static DotContext Copy(this DotContext context)
    {
        var copy = new DotContext();
        copy.Join(context);
        return copy;
    }

    /// <summary>The updates of <paramref name="all"/> that <paramref name="known"/> lacks.</summary>
    public static DotContext Minus(DotContext all, DotContext known)
    {
        var rest = new DotContext();
        for (var i = 0; i < all.Count; i++)
        {
            var (node, at, end) = (all[i].Node, all[i].After, all[i].UpTo);
            for (var j = 0; j < known.Count && at < end; j++)
            {
                var run = known[j];
                if (run.Node != node || run.UpTo <= at) continue;
                if (run.After >= end) break;
                rest.Add(new DotRun(node, at, run.After));
                at = Math.Max(at, run.UpTo);
            }

            rest.Add(new DotRun(node, at, end));
        }

        return rest;
    }

    /// <summary>Updates of an incarnation that begins here follow nothing that their maker remembered.</summary>
    public static bool IsBirth(long counter) => (counter & ((1L << Dot.SequenceBits) - 1)) == 0;
}
