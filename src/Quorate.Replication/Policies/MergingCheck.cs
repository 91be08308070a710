using System.Text;

namespace Quorate.Replication.Policies;

/// <summary>Contradictions of merging policies.</summary>
internal static class MergingCheck
{
    /// <summary>UTF-8 bytes of a merge rule's script, at most.</summary>
    public const int LongestScriptBytes = 16 << 10;

    private const int LongestName = 64;

    public static void AddProblems(Policy policy, BuiltParts built, List<string> problems)
    {
        AddConflictProblems(policy, problems);
        if (policy.Strategy == Strategy.Leaderless) AddLeaderlessProblems(policy, built, problems);
        if (policy.Reads is ReadConsistency.Bounded or ReadConsistency.Voted)
            problems.Add(
                $"reads {PolicyWords.Of(policy.Reads)} needs one order of all writes; use strategy raft, or here reads eventual");
    }

    private static void AddConflictProblems(Policy policy, List<string> problems)
    {
        if ((policy.Conflicts == ConflictRule.Merge) != policy.MergeName is not null)
            problems.Add("conflicts merge needs the name of a rule: conflicts merge:cart");
        if (policy.MergeName is { } name && (name.Length > LongestName || name.Any(c => c is <= ' ' or > '~')))
            problems.Add($"conflicts merge takes a name of 1 to {LongestName} printable ASCII characters without blanks");
        if (policy.MergeScript is { } script && Encoding.UTF8.GetByteCount(script) > LongestScriptBytes)
            problems.Add($"script has at most {LongestScriptBytes} bytes");
        if (policy.KeepLosersSeconds is < 1 or > LoserTime.Longest)
            problems.Add($"keep-losers takes 1s to {LoserTime.Print(LoserTime.Longest)}");
        if (policy.MergeScript is not null && policy.MergeName is null) problems.Add("script belongs to conflicts merge:NAME");
    }

    private static void AddLeaderlessProblems(Policy policy, BuiltParts built, List<string> problems)
    {
        if (policy.N < 1 || policy.N > policy.Replicas)
            problems.Add($"n is 1 to replicas, which is {policy.Replicas}, not {policy.N}: a node holds one copy of a key");
        if (policy.R < 1 || policy.R > policy.N)
            problems.Add($"r is 1 to n, which is {policy.N}, not {policy.R}: a key has n replicas that can answer a read");
        if (policy.W < 1 || policy.W > policy.N)
            problems.Add($"w is 1 to n, which is {policy.N}, not {policy.W}: a key has n replicas that can take a write");
        if (policy.Consensus)
        {
            if (!built.Consensus) problems.Add("consensus on is not built yet; use strategy raft");
            if (policy.N % 2 == 0)
                problems.Add(
                    $"consensus with n {policy.N} survives no more failures than with n {policy.N - 1} and needs more "
                        + $"answers; use an odd n");
            if (policy.Sloppy)
                problems.Add("sloppy on and consensus on contradict each other: a node that stands in for another has no vote");
            if (policy.Reads != ReadConsistency.Linearizable)
                problems.Add("consensus on answers every read by consensus: use reads linearizable");
            return;
        }

        if (policy.Reads != ReadConsistency.Linearizable) return;
        if (policy.R + policy.W <= policy.N)
            problems.Add(
                $"reads linearizable needs r + w above n: with r {policy.R}, w {policy.W} and n {policy.N} a read may ask "
                    + $"only replicas that missed the newest write; use r {policy.N - policy.W + 1}, or reads eventual");
        if (policy.Sloppy)
            problems.Add(
                "sloppy on takes writes on nodes that reads do not ask, so no read is linearizable; use sloppy off, or reads "
                    + "eventual");
    }
}
