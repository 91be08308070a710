using Quorate.Cluster.Reads;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Resp;

namespace Quorate.Cluster.Commands;

/// <summary>The words in which clients say what their reads may return.</summary>
internal static class ReadWords
{
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
            if (number.Length > 0
                && Words.TryInteger(number, out var bound) && bound is >= 1 and <= PolicyCheck.LongestBoundMilliseconds)
                return new ReadRule(ReadConsistency.Bounded, (int)bound);
        }

        why = word.Length >= 7 && Words.Is(word[..7], "bounded")
            ? $"ERR bounded takes milliseconds, 1 to {PolicyCheck.LongestBoundMilliseconds}: READS bounded 500"
            : "ERR READS is followed by linearizable, bounded <milliseconds>, session, eventual, weak, default, TOKEN, or "
                + "AFTER <token>";
        return null;
    }
}
