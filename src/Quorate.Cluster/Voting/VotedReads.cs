using Quorate.Cluster.Reads;
using Quorate.Data.Commands;
using Quorate.Replication;

namespace Quorate.Cluster.Voting;

/// <summary>Which reads are voted on where the keyspace says <c>reads voted</c>.</summary>
internal static class VotedReads
{
    /// <summary>What depends on chance or on how a table lies in memory differs between replicas that are equal: no vote. The
    /// leader answers it alone.</summary>
    private static readonly string[] Arranged = ["scan", "keys", "randomkey", "memory", "object"];

    public static bool AreFor(in ReadRule rule, CommandSpec spec) => rule.Consistency == ReadConsistency.Voted && Covers(spec);

    private static bool Covers(CommandSpec spec)
    {
        if (spec.Route != CommandRoute.Read || spec.Handler is null) return false;
        var name = spec.Name.AsSpan();
        var end = name.IndexOf('|');
        if (end >= 0) name = name[..end];
        foreach (var arranged in Arranged)
            if (name.SequenceEqual(arranged)) return false;
        return true;
    }
}
