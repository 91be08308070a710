namespace Quorate.Replication.Policies;

/// <summary>The words that people type for the parts of a policy, and their values. Lower case; read in any case.</summary>
public static class PolicyWords
{
    /// <summary><c>semisync</c> takes a number after a colon.</summary>
    public static readonly IReadOnlyList<(string Word, Ack Value)> Acks =
        [("async", Ack.Async), ("semisync", Ack.SemiSync), ("majority", Ack.Majority), ("sync", Ack.Sync)];

    public static readonly IReadOnlyList<(string Word, Ship Value)> Ships = [("log", Ship.Log), ("state", Ship.State)];

    /// <summary><c>bounded</c> takes milliseconds after a colon.</summary>
    public static readonly IReadOnlyList<(string Word, ReadConsistency Value)> Reads =
    [
        ("linearizable", ReadConsistency.Linearizable), ("tail", ReadConsistency.Tail), ("craq", ReadConsistency.Craq),
        ("bounded", ReadConsistency.Bounded), ("session", ReadConsistency.Session), ("eventual", ReadConsistency.Eventual),
        ("weak", ReadConsistency.Weak), ("voted", ReadConsistency.Voted),
    ];

    public static readonly IReadOnlyList<(string Word, Durability Value)> Durabilities =
        [("fsync", Durability.Fsync), ("written", Durability.Written), ("memory", Durability.Memory)];

    public static readonly IReadOnlyList<(string Word, WhenShort Value)> WhenShorts =
        [("refuse", WhenShort.Refuse), ("degrade", WhenShort.Degrade)];

    /// <summary><c>merge</c> takes a name after a colon.</summary>
    public static readonly IReadOnlyList<(string Word, ConflictRule Value)> Conflicts =
        [
            ("crdt", ConflictRule.Crdt), ("siblings", ConflictRule.Siblings), ("lww", ConflictRule.Lww),
            ("merge", ConflictRule.Merge)];

    public static readonly IReadOnlyList<(string Word, Topology Value)> Topologies =
        [("all", Topology.All), ("ring", Topology.Ring), ("star", Topology.Star)];

    /// <summary>The labels of a node, from the widest to the narrowest.</summary>
    public static readonly IReadOnlyList<string> Labels = ["provider", "region", "zone"];

    public static string Of(Strategy value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Word;
    }

    public static string Of(Ack value) => Find(Acks, value);

    public static string Of(Ship value) => Find(Ships, value);

    public static string Of(ReadConsistency value) => Find(Reads, value);

    public static string Of(Durability value) => Find(Durabilities, value);

    public static string Of(WhenShort value) => Find(WhenShorts, value);

    public static string Of(ConflictRule value) => Find(Conflicts, value);

    public static string Of(Topology value) => Find(Topologies, value);

    internal static bool TryFind<T>(IReadOnlyList<(string Word, T Value)> words, string word, out T value)
        where T : struct, Enum
    {
        foreach (var (known, meant) in words)
        {
            if (!string.Equals(known, word, StringComparison.OrdinalIgnoreCase)) continue;
            value = meant;
            return true;
        }

        value = default;
        return false;
    }

    internal static string Choices<T>(IReadOnlyList<(string Word, T Value)> words) => string.Join('|', words.Select(w => w.Word));

    private static string Find<T>(IReadOnlyList<(string Word, T Value)> words, T value)
        where T : struct, Enum
    {
        foreach (var (word, meant) in words)
            if (EqualityComparer<T>.Default.Equals(meant, value)) return word;
        throw new InvariantViolation($"every {typeof(T).Name} has a word");
    }
}
