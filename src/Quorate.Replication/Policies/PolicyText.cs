using System.Globalization;
using System.Text;

namespace Quorate.Replication.Policies;

/// <summary>
/// A policy as words: <c>strategy primary replicas 3 ack semisync:1 spread zone</c>. Pairs in any order, each at most
/// once; what is not said comes from the strategy's defaults, or from the policy that is being altered.
/// </summary>
public static class PolicyText
{
    /// <summary>Words of one policy at most; more are refused unread.</summary>
    public const int MostWords = 2 * 20;

    /// <summary>Reads the words of a new keyspace's policy. False: <paramref name="why"/> says what is wrong, for the user.
    /// Whether the policy contradicts itself is for <see cref="PolicyCheck"/> to say.</summary>
    public static bool TryParse(IReadOnlyList<string> words, out Policy? policy, out string? why) =>
        TryParse(words, null, out policy, out why);

    /// <summary>Reads words that alter <paramref name="current"/>; all that is not said stays.</summary>
    /// <param name="words">Pairs.</param>
    /// <param name="current">Null: a new keyspace's.</param>
    /// <param name="policy">What they say.</param>
    /// <param name="why">What is wrong with them, for the user.</param>
    /// <param name="strategies">Those that may be said; null: <see cref="Strategy.All"/>.</param>
    public static bool TryParse(
        IReadOnlyList<string> words,
        Policy? current, out Policy? policy, out string? why, IReadOnlyList<Strategy>? strategies = null)
    {
        ArgumentNullException.ThrowIfNull(words);
        policy = null;
        if (words.Count % 2 != 0 || words.Count > MostWords)
        {
            why = "a policy is pairs of words, such as: strategy primary replicas 3 ack sync";
            return false;
        }

        var said = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < words.Count; i += 2)
        {
            if (said.TryAdd(words[i], words[i + 1])) continue;
            why = $"'{words[i]}' is said twice";
            return false;
        }

        if (!TryBegin(said, current, strategies ?? Strategy.All, out var result, out why)) return false;
        if (MergingText.Misplaced(said.Keys, result) is { } misplaced)
        {
            why = misplaced;
            return false;
        }

        // First what the defaults of the rest depend on.
        foreach (var word in (ReadOnlySpan<string>)["replicas", "ack", "n", "consensus"])
            if (said.TryGetValue(word, out var value) && (why = Take(word, value, ref result)) is not null) return false;
        result = MergingText.Completed(said, current, result);
        if (result.Ack == Ack.Sync && (current?.Ack ?? Ack.Sync) != Ack.Sync) result = result with { MinInSync = 2 };
        // One replica with the usual floor of two would refuse every write: the floor follows unless it is said.
        if (result.Ack == Ack.Sync)
            result = result with { MinInSync = Math.Clamp(result.MinInSync, 1, Math.Max(1, result.Replicas)) };
        for (var i = 0; i < words.Count; i += 2)
        {
            why = Take(words[i].ToLowerInvariant(), words[i + 1], ref result);
            if (why is not null) return false;
        }

        why = Pointless(said, result);
        if (why is not null) return false;
        policy = PolicyDefaults.Normal(result);
        return true;
    }

    /// <summary>The words that give this policy back, in a fixed order, without those that have no effect on it.</summary>
    public static string Print(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"strategy {PolicyWords.Of(policy.Strategy)} replicas {policy.Replicas}");
        if (policy.Strategy == Strategy.Leaderless)
        {
            MergingText.Print(policy, text);
            return text.ToString();
        }

        text.Append(" ack ").Append(PolicyWords.Of(policy.Ack));
        if (policy.Ack == Ack.SemiSync) text.Append(CultureInfo.InvariantCulture, $":{policy.AckBackups}");
        if (policy.Ack == Ack.Sync && !policy.IsMerging)
            text.Append(CultureInfo.InvariantCulture, $" min-in-sync {policy.MinInSync}");
        if (policy.WhenShort != WhenShort.Refuse) text.Append(" when-short ").Append(PolicyWords.Of(policy.WhenShort));
        text.Append(" ship ").Append(PolicyWords.Of(policy.Ship));
        StandbyText.Print(policy, text);
        if (policy.IsMerging) MergingText.Print(policy, text);
        else PrintReads(policy, text);
        return text.ToString();
    }

    /// <summary>As <see cref="Print"/>, divided into words, with the script of a merge rule, which is one word whatever is in
    /// it.</summary>
    public static IReadOnlyList<string> Words(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        string[] words = Print(policy).Split(' ');
        return policy.MergeScript is null ? words : [.. words, "script", policy.MergeScript];
    }

    internal static void PrintReads(Policy policy, StringBuilder text)
    {
        text.Append(" reads ").Append(PolicyWords.Of(policy.Reads));
        if (policy.Reads == ReadConsistency.Bounded) text.Append(CultureInfo.InvariantCulture, $":{policy.BoundMilliseconds}");
        text.Append(" durability ").Append(PolicyWords.Of(policy.Durability));
        if (policy.Spread is not null) text.Append(" spread ").Append(policy.Spread);
    }

    /// <summary>The policy before any word but <c>strategy</c> and <c>replicas</c> is taken.</summary>
    private static bool TryBegin(
        Dictionary<string, string> said, Policy? current, IReadOnlyList<Strategy> strategies, out Policy policy, out string? why)
    {
        why = null;
        policy = current ?? PolicyDefaults.For(Strategy.Raft);
        if (said.TryGetValue("strategy", out var name))
        {
            var strategy = strategies.FirstOrDefault(s => s.Word.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (strategy is null)
            {
                // One that is only planned is known, so that its user is told what to take instead, but not offered.
                var offered = strategies.Where(s => BuiltParts.Now.Strategies.Contains(s) || !Strategy.All.Contains(s));
                why = $"strategy is one of {string.Join('|', offered.Select(s => s.Word))}, not '{name}'";
                return false;
            }

            if (strategy != policy.Strategy)
            {
                policy = PolicyDefaults.For(strategy) with { Durability = policy.Durability, Spread = policy.Spread };
                if (current is not null)
                    policy = PolicyDefaults.For(strategy, current.Replicas) with
                    {
                        Durability = policy.Durability,
                        Spread = policy.Spread,
                    };
            }
        }

        return true;
    }

    /// <summary>Takes one pair; what is wrong with it, or null.</summary>
    private static string? Take(string word, string value, ref Policy policy)
    {
        switch (word)
        {
            case "strategy": return null;
            case "replicas":
                if (!TryNumber(value, out var replicas)) return NotANumber(word, value);
                policy = policy with { Replicas = replicas };
                return null;
            case "min-in-sync":
                if (!TryNumber(value, out var floor)) return NotANumber(word, value);
                policy = policy with { MinInSync = floor };
                return null;
            case "ack": return TakeAck(value, ref policy);
            case "reads": return TakeReads(value, ref policy);
            case "ship":
                if (!PolicyWords.TryFind(PolicyWords.Ships, value, out var ship)) return NotOneOf(word, value, PolicyWords.Ships);
                policy = policy with { Ship = ship };
                return null;
            case "durability":
                if (!PolicyWords.TryFind(PolicyWords.Durabilities, value, out var durability))
                    return NotOneOf(word, value, PolicyWords.Durabilities);
                policy = policy with { Durability = durability };
                return null;
            case "when-short":
                if (!PolicyWords.TryFind(PolicyWords.WhenShorts, value, out var whenShort))
                    return NotOneOf(word, value, PolicyWords.WhenShorts);
                policy = policy with { WhenShort = whenShort };
                return null;
            case "spread":
                var label = value.ToLowerInvariant();
                if (label != "none" && !PolicyWords.Labels.Contains(label))
                    return $"spread is one of {string.Join('|', PolicyWords.Labels)}|none, not '{value}'";
                policy = policy with { Spread = label == "none" ? null : label };
                return null;
            case "n" or "r" or "w":
                if (!TryNumber(value, out var count)) return NotANumber(word, value);
                policy = word == "n"
                    ? policy with { N = count } : word == "r" ? policy with { R = count } : policy with { W = count };
                return null;
            case "delay": return StandbyText.TakeDelay(value, ref policy);
            case "cascade": return StandbyText.TakeCascade(value, ref policy);
            default:
                return MergingText.TryTake(word, value, ref policy, out var wrong)
                    ? wrong
                    : $"a policy has no '{word}'; it has strategy, replicas, ack, min-in-sync, when-short, ship, reads, "
                        + $"durability, spread, delay, cascade; a merging one conflicts, script, keep-losers, topology, n, "
                        + $"r, w, sloppy, consensus";
        }
    }

    private static string? TakeAck(string value, ref Policy policy)
    {
        var (name, number) = Split(value);
        if (!PolicyWords.TryFind(PolicyWords.Acks, name, out var ack)) return NotOneOf("ack", value, PolicyWords.Acks);
        var backups = 1;
        if (number is not null && (ack != Ack.SemiSync || !TryNumber(number, out backups)))
            return $"ack: only semisync takes a number, as in semisync:2; not '{value}'";
        policy = policy with { Ack = ack, AckBackups = backups };
        return null;
    }

    private static string? TakeReads(string value, ref Policy policy)
    {
        var (name, number) = Split(value);
        if (!PolicyWords.TryFind(PolicyWords.Reads, name, out var reads)) return NotOneOf("reads", value, PolicyWords.Reads);
        var bound = 500;
        if (number is not null && (reads != ReadConsistency.Bounded || !TryNumber(number, out bound)))
            return $"only bounded takes milliseconds: reads bounded:500, not '{value}'";
        policy = policy with { Reads = reads, BoundMilliseconds = bound };
        return null;
    }

    /// <summary>Something was asked for that the rest of the policy never looks at: rather said than ignored.</summary>
    private static string? Pointless(Dictionary<string, string> said, Policy policy) =>
        said.ContainsKey("min-in-sync") && policy.IsMerging
            ? $"min-in-sync is for strategies with one leader; {PolicyWords.Of(policy.Strategy)} keeps no such set"
            : said.ContainsKey("min-in-sync") && policy.Ack != Ack.Sync
            ? $"min-in-sync counts with ack sync only, and this policy has ack {PolicyWords.Of(policy.Ack)}"
            : null;

    internal static (string Name, string? Number) Split(string value)
    {
        var at = value.IndexOf(':', StringComparison.Ordinal);
        return at < 0 ? (value, null) : (value[..at], value[(at + 1)..]);
    }

    private static bool TryNumber(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static string NotANumber(string word, string value) => $"{word} is a number, not '{value}'";

    internal static string NotOneOf<T>(string word, string value, IReadOnlyList<(string Word, T Value)> words) =>
        $"{word} is one of {PolicyWords.Choices(words)}, not '{value}'";
}
