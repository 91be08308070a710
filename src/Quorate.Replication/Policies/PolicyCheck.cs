using System.Globalization;

namespace Quorate.Replication.Policies;

/// <summary>Why a policy cannot be: because it contradicts itself, because it needs what is not built, or because the
/// cluster is too small for it. Each problem is a sentence for the user that says what to do instead.</summary>
public static class PolicyCheck
{
    public const int MostReplicas = 64;

    /// <summary>Longest <see cref="Policy.BoundMilliseconds"/>: a day.</summary>
    public const int LongestBoundMilliseconds = 24 * 3600 * 1000;

    /// <summary>All that is wrong with the policy itself; empty when it can be.</summary>
    public static IReadOnlyList<string> Problems(Policy policy, BuiltParts? built = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        built ??= BuiltParts.Now;
        var problems = new List<string>();
        if (!Enum.IsDefined(policy.Ack) || !Enum.IsDefined(policy.Ship) || !Enum.IsDefined(policy.Reads)
            || !Enum.IsDefined(policy.Conflicts)
                || !Enum.IsDefined(policy.Topology) || !Enum.IsDefined(policy.WhenShort)
                || !Enum.IsDefined(policy.Durability)) return ["the policy says something that this version does not know"];
        AddUnbuilt(policy, built, problems);
        if (policy.Replicas is < 1 or > MostReplicas) problems.Add($"replicas is 1 to {MostReplicas}, not {policy.Replicas}");
        if (policy.Spread is { } label && !PolicyWords.Labels.Contains(label))
            problems.Add($"spread is one of {string.Join('|', PolicyWords.Labels)}, not '{label}'");
        AddAckProblems(policy, problems);
        AddReadProblems(policy, problems);
        StandbyText.AddProblems(policy, problems);
        if (policy.IsMerging) MergingCheck.AddProblems(policy, built, problems);
        if (policy.Ship == Ship.State && policy.Strategy != Strategy.Primary && IsOrdered(policy.Strategy))
            problems.Add($"{PolicyWords.Of(policy.Strategy)} ships the log; ship state needs strategy primary");
        if (policy.Strategy == Strategy.Pbft && (policy.Replicas < 4 || policy.Replicas % 3 != 1))
            problems.Add($"pbft needs 3f + 1 replicas (4, 7, 10...), not {policy.Replicas}");
        if (policy.Strategy.Problem?.Invoke(policy) is { } own) problems.Add(own);
        return problems;
    }

    /// <summary>Why nodes with these labels are not enough for the policy; null when they are.</summary>
    public static string? Shortage(Policy policy, IReadOnlyCollection<NodeLabels> nodes)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(nodes);
        if (nodes.Count < policy.Replicas) return $"replicas {policy.Replicas} asks for more nodes than are up: {nodes.Count}";
        if (nodes.Count < policy.Holders)
            return $"replicas {policy.Replicas}{StandbyText.Printed(policy)} asks for {policy.Holders} nodes, more nodes than "
                + $"are up ({nodes.Count}): each replica stands on one of its own";
        if (policy.Spread is not { } label) return null;
        string[] values = [.. nodes.Select(n => n.Of(label)).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        return values.Length >= policy.Replicas
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"spread {label} with replicas {policy.Replicas} asks for {policy.Replicas} different values of {label}; the "
                    + $"nodes have {values.Length}{(values.Length == 0 ? "" : $" ({string.Join(", ", values)})")}");
    }

    internal static bool IsOrdered(Strategy strategy) => strategy.Kind == Rows.GroupKind.Ordered;

    private static void AddUnbuilt(Policy policy, BuiltParts built, List<string> problems)
    {
        if (Strategy.All.Contains(policy.Strategy) && !built.Strategies.Contains(policy.Strategy))
            problems.Add($"strategy {PolicyWords.Of(policy.Strategy)} is not built yet; {policy.Strategy.Promise.Instead}");

        // What a merging strategy reads is its own doing.
        if (!policy.IsMerging && !built.Reads.Contains(policy.Reads))
            problems.Add($"reads {PolicyWords.Of(policy.Reads)} is not built yet; use reads linearizable");
    }

    private static void AddAckProblems(Policy policy, List<string> problems)
    {
        if (policy.Strategy.Promise.AckProblem(policy) is { } unlike) problems.Add(unlike);
        if (policy.Ack == Ack.SemiSync)
        {
            if (policy.AckBackups < 1) problems.Add("semisync waits for 1 backup or more; for none use ack async");
            else if (policy.AckBackups >= policy.Replicas)
                problems.Add(
                    $"semisync:{policy.AckBackups} waits for {policy.AckBackups} backups, and replicas {policy.Replicas} has "
                        + $"{Math.Max(0, policy.Replicas - 1)} beside the primary");
        }

        if (policy.Ack == Ack.Sync && !policy.IsMerging)
        {
            if (policy.MinInSync < 1) problems.Add("min-in-sync is 1 or more: the primary itself counts");
            if (policy.MinInSync > policy.Replicas)
                problems.Add(
                    $"min-in-sync {policy.MinInSync} is more than replicas {policy.Replicas}: no write would ever be taken");
        }

        if (policy.Strategy.Promise.ReplicasProblem(policy) is { } few) problems.Add(few);
        if (policy.WhenShort == WhenShort.Degrade
            && (policy.Strategy != Strategy.Primary || policy.Ack is not (Ack.SemiSync or Ack.Sync)))
            problems.Add(
                "when-short degrade belongs to strategy primary with ack semisync or sync; nothing else can fall back to async");
    }

    private static void AddReadProblems(Policy policy, List<string> problems)
    {
        if (policy.Reads is ReadConsistency.Tail or ReadConsistency.Craq && policy.Strategy != Strategy.Chain)
            problems.Add(
                $"reads {PolicyWords.Of(policy.Reads)} needs strategy chain; {PolicyWords.Of(policy.Strategy)} has no tail, "
                    + $"use reads linearizable");
        if (policy.Reads == ReadConsistency.Linearizable && policy.Strategy == Strategy.MultiLeader)
            problems.Add(
                "multileader orders nothing across regions, so no read is linearizable; use reads session or strategy raft");
        if (policy.Reads == ReadConsistency.Session && policy.Strategy == Strategy.Leaderless)
            problems.Add(
                "reads session needs a replica that stays with the connection, and leaderless asks others every time; use r "
                    + "and w whose sum is above n, or reads linearizable");
        if (policy.Reads == ReadConsistency.Bounded && policy.BoundMilliseconds is < 1 or > LongestBoundMilliseconds)
            problems.Add($"reads bounded takes 1 to {LongestBoundMilliseconds} milliseconds");
        if (policy.Reads == ReadConsistency.Voted && policy.Strategy == Strategy.Chain)
            problems.Add("a chain's replicas do not vote; for reads voted use strategy raft or primary");
        if (policy.Reads == ReadConsistency.Voted && policy.Ship == Ship.State && policy.Strategy == Strategy.Primary)
            problems.Add(
                "reads voted has every replica execute the read as an entry of the log; with ship state there is none, use "
                    + "ship log");
        if (policy.Reads == ReadConsistency.Voted
            && (policy.Replicas < 3 || policy.Replicas % 2 == 0 || !IsOrdered(policy.Strategy)))
            problems.Add(
                "reads voted takes the majority of 2f + 1 copies at one index: an odd number of replicas, 3 or more, of an "
                    + "ordered strategy");
    }
}
