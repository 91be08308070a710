using System.Globalization;
using Quorate.Cluster.Commands;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Resp;

namespace Quorate.Cluster.Reads;

/// <summary>What a read may return.</summary>
/// <param name="Consistency">In words.</param>
/// <param name="BoundMilliseconds">Of <see cref="ReadConsistency.Bounded"/>; else 0.</param>
public readonly record struct ReadRule(ReadConsistency Consistency, int BoundMilliseconds = 0)
{
    /// <summary>Nothing but the newest will do.</summary>
    public bool IsNewest => Consistency is not (ReadConsistency.Bounded or ReadConsistency.Session or ReadConsistency.Eventual or ReadConsistency.Weak);

    /// <summary>What the connection has seen before is never unseen.</summary>
    public bool FollowsSession => Consistency is ReadConsistency.Bounded or ReadConsistency.Session;

    public static ReadRule Of(Policy policy) =>
        new(policy.Reads, policy.Reads == ReadConsistency.Bounded ? policy.BoundMilliseconds : 0);

    /// <summary>Reads the words that begin at <paramref name="at"/> and moves behind them: <c>bounded 500</c>,
    /// <c>bounded:500</c>, or a single word. Null with <paramref name="why"/> null: <c>default</c>, the keyspace's own.</summary>
    public static ReadRule? Read(in CommandArgs args, ref int at, out string? why)
    {
        why = null;
        var word = args[at++];
        if (Words.Is(word, "default")) return null;
        if (Words.Is(word, "linearizable")) return new ReadRule(ReadConsistency.Linearizable);
        if (Words.Is(word, "session")) return new ReadRule(ReadConsistency.Session);
        if (Words.Is(word, "eventual")) return new ReadRule(ReadConsistency.Eventual);
        if (Words.Is(word, "weak")) return new ReadRule(ReadConsistency.Weak);
        if (word.Length >= 7 && Words.Is(word[..7], "bounded") && (word.Length == 7 ? at < args.Count : word[7] == (byte)':'))
        {
            var number = word.Length == 7 ? args[at++] : word[8..];
            if (number.Length > 0 && Words.TryInteger(number, out var bound) && bound is >= 1 and <= PolicyCheck.LongestBoundMilliseconds)
                return new ReadRule(ReadConsistency.Bounded, (int)bound);
        }

        why = word.Length >= 7 && Words.Is(word[..7], "bounded")
            ? $"ERR bounded takes milliseconds, 1 to {PolicyCheck.LongestBoundMilliseconds}: READS bounded 500"
            : "ERR READS is followed by linearizable, bounded <milliseconds>, session, eventual, weak, default, TOKEN, or AFTER <token>";
        return null;
    }

    public override string ToString() => Consistency == ReadConsistency.Bounded
        ? string.Create(CultureInfo.InvariantCulture, $"bounded:{BoundMilliseconds}")
        : PolicyWords.Of(Consistency);
}
