using System.Globalization;
using System.Text;

namespace Quorate.Replication.Policies;

/// <summary>The words that only a merging policy has.</summary>
internal static class MergingText
{
    private static readonly string[] Both = ["conflicts", "script", "keep-losers"];
    private static readonly string[] OfLeaderless = ["n", "r", "w", "sloppy", "consensus"];

    /// <summary>A word that the strategy never looks at: rather said than ignored. Null when there is none.</summary>
    public static string? Misplaced(IEnumerable<string> words, Policy policy)
    {
        foreach (var said in words)
        {
            var word = said.ToLowerInvariant();
            var strategy = PolicyWords.Of(policy.Strategy);
            if (Both.Contains(word) && !policy.IsMerging)
                return $"{word} is for strategies whose data merges, multileader and leaderless; {strategy} has one order of "
                    + $"all writes, and so no conflicts";
            if (OfLeaderless.Contains(word) && policy.Strategy != Strategy.Leaderless)
                return $"{word} is for strategy leaderless; {strategy} has no quorums of its own choice";
            if (word == "topology" && policy.Strategy != Strategy.MultiLeader)
                return $"topology is for strategy multileader, not for {strategy}";
            if (policy.Strategy == Strategy.Leaderless && word is "ack" or "min-in-sync")
                return $"{word} is for strategies with a leader; leaderless acknowledges a write when w replicas have it: w 2";
            if (policy.Strategy == Strategy.Leaderless && word == "ship")
                return "leaderless ships nothing in the background that could be chosen: every write goes to all n replicas "
                    + "of its key";
        }

        return null;
    }

    /// <summary>What follows from <c>replicas</c>, <c>n</c> and <c>consensus</c> for the words that were not said.</summary>
    public static Policy Completed(Dictionary<string, string> said, Policy? current, Policy policy)
    {
        if (policy.Strategy != Strategy.Leaderless) return policy;
        if (!said.ContainsKey("n") && current?.Strategy != Strategy.Leaderless)
            policy = policy with { N = Math.Clamp(policy.Replicas, 1, 3) };
        var counted = said.ContainsKey("n") || current?.Strategy != Strategy.Leaderless;
        if (counted) policy = PolicyDefaults.WithCopies(policy, policy.N);
        if (policy.Consensus && current is not { Consensus: true }) policy = policy with { Reads = ReadConsistency.Linearizable };
        return policy;
    }

    /// <summary>False: no such word. Else what is wrong with its value, or null.</summary>
    public static bool TryTake(string word, string value, ref Policy policy, out string? wrong)
    {
        wrong = null;
        switch (word)
        {
            case "conflicts":
                wrong = TakeConflicts(value, ref policy);
                return true;
            case "script":
                policy = policy with { MergeScript = value };
                return true;
            case "keep-losers":
                if (LoserTime.TryParse(value, out var seconds)) policy = policy with { KeepLosersSeconds = seconds };
                else wrong = $"keep-losers is a time such as 90s, 15m, 6h or 1d, not '{value}'";
                return true;
            case "topology":
                if (PolicyWords.TryFind(PolicyWords.Topologies, value, out var topology))
                    policy = policy with { Topology = topology };
                else wrong = PolicyText.NotOneOf(word, value, PolicyWords.Topologies);
                return true;
            case "sloppy":
                if (TryFlag(value, out var sloppy)) policy = policy with { Sloppy = sloppy };
                else wrong = $"sloppy is on or off, not '{value}'";
                return true;
            case "consensus":
                if (TryFlag(value, out var consensus)) policy = policy with { Consensus = consensus };
                else wrong = $"consensus is on or off, not '{value}'";
                return true;
            default:
                return false;
        }
    }

    public static void Print(Policy policy, StringBuilder text)
    {
        if (policy.Strategy == Strategy.MultiLeader) text.Append(" topology ").Append(PolicyWords.Of(policy.Topology));
        else if (policy.Consensus) text.Append(CultureInfo.InvariantCulture, $" n {policy.N} consensus on");
        else text.Append(
            CultureInfo.InvariantCulture, $" n {policy.N} r {policy.R} w {policy.W} sloppy {(policy.Sloppy ? "on" : "off")}");
        if (!policy.Consensus) text.Append(" conflicts ").Append(PolicyWords.Of(policy.Conflicts));
        if (policy.MergeName is not null) text.Append(':').Append(policy.MergeName);
        if (policy.KeepLosersSeconds != LoserTime.Usual)
            text.Append(" keep-losers ").Append(LoserTime.Print(policy.KeepLosersSeconds));
        PolicyText.PrintReads(policy, text);
    }

    private static string? TakeConflicts(string value, ref Policy policy)
    {
        var (name, rule) = PolicyText.Split(value);
        if (!PolicyWords.TryFind(PolicyWords.Conflicts, name, out var conflicts))
            return PolicyText.NotOneOf("conflicts", value, PolicyWords.Conflicts);
        if ((conflicts == ConflictRule.Merge) != (rule is { Length: > 0 }))
            return $"only merge takes a name, and needs one: conflicts merge:cart, not '{value}'";
        // Another rule's script is not this one's.
        policy = policy with
        {
            Conflicts = conflicts,
            MergeScript = rule == policy.MergeName || policy.MergeName is null ? policy.MergeScript : null,
            MergeName = rule,
        };
        return null;
    }

    private static bool TryFlag(string value, out bool flag)
    {
        flag = value.Equals("on", StringComparison.OrdinalIgnoreCase);
        return flag || value.Equals("off", StringComparison.OrdinalIgnoreCase);
    }
}
