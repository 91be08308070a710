using Quorate.Compare.Processes;

namespace Quorate.Compare.Strategies;

/// <summary>One way to replicate, and what stands beside it.</summary>
/// <param name="Name">As the table calls it, and <c>--only</c>.</param>
/// <param name="Policy">The words of KEYSPACE CREATE.</param>
/// <param name="Beside">What Redis writes to its files meanwhile.</param>
/// <param name="RedisReplicas">Asynchronous replicas of Redis.</param>
internal sealed record StrategyCase(string Name, string Policy, AppendOnly Beside = AppendOnly.No, int RedisReplicas = 1)
{
    /// <summary>The least that the ratio of SETs at pipeline 16 should be; null: reported.</summary>
    public double? Target { get; init; }

    /// <summary>What GETs are measured with, each a word for the row and the READS that the connection asks for; empty:
    /// none.</summary>
    public IReadOnlyList<ReadCase> Reads { get; init; } = [];

    /// <summary>All that are measured, in the order of the table. Those with <c>fsync</c> and <c>written</c> stand beside what
    /// keeps about as much on the disk: <c>appendfsync always</c> and <c>everysec</c>.</summary>
    public static IReadOnlyList<StrategyCase> All { get; } =
    [
        new("one-node", "STRATEGY raft REPLICAS 1 DURABILITY memory", RedisReplicas: 0) { Reads = [ReadCase.Leader] },
        new("raft", "STRATEGY raft REPLICAS 3 DURABILITY memory")
        {
            Reads = [
                ReadCase.Leader, new("at a follower, linearizable", 1), new("at a follower, bounded 1000 ms", 1, "bounded:1000"),
                new("at a follower, session", 1, "session"), new("at a follower, eventual", 1, "eventual"),
                new("at a follower, weak", 1, "weak")],
        },
        new("primary-async-2", "STRATEGY primary REPLICAS 2 ACK async DURABILITY memory") {
            Target = 1, Reads = [ReadCase.Leader, new("at a backup, eventual", 1, "eventual")] },
        new("primary-semisync-2", "STRATEGY primary REPLICAS 2 ACK semisync:1 DURABILITY memory") { Target = 1 },
        new("primary-async", "STRATEGY primary REPLICAS 3 ACK async DURABILITY memory") { Target = 1 },
        new("primary-semisync", "STRATEGY primary REPLICAS 3 ACK semisync:1 DURABILITY memory") { Target = 1 },
        new("primary-majority", "STRATEGY primary REPLICAS 3 ACK majority DURABILITY memory"),
        new("primary-sync", "STRATEGY primary REPLICAS 3 ACK sync DURABILITY memory"),
        new("primary-async-state", "STRATEGY primary REPLICAS 3 ACK async SHIP state DURABILITY memory"),
        new("primary-sync-state", "STRATEGY primary REPLICAS 3 ACK sync SHIP state DURABILITY memory"),
        new(
            "chain-tail",
            "STRATEGY chain REPLICAS 3 READS tail DURABILITY memory") { Reads = [new("at the head", 0), new("at the tail", 2)] },
        new("chain-craq", "STRATEGY chain REPLICAS 3 READS craq DURABILITY memory") { Reads = [
            new("at the head", 0), new("in the middle", 1), new("at the tail", 2)] },
        new(
            "multileader",
            "STRATEGY multileader REPLICAS 3 SPREAD region DURABILITY memory") { Target = 0.8, Reads = [new("at a leader", 0)] },
        new(
            "leaderless",
            "STRATEGY leaderless REPLICAS 3 N 3 R 2 W 2 READS eventual DURABILITY memory") { Reads = [new("r = 2", 0)] },
        new(
            "leaderless-abd",
            "STRATEGY leaderless REPLICAS 3 N 3 R 2 W 2 READS linearizable DURABILITY memory") { Reads = [new(
                "r = 2, linearizable", 0)] },
        new(
            "leaderless-consensus",
            "STRATEGY leaderless REPLICAS 3 CONSENSUS on DURABILITY memory") { Reads = [new("linearizable", 0)] },
        new("primary-async-written", "STRATEGY primary REPLICAS 3 ACK async DURABILITY written", AppendOnly.EverySecond),
        new("multileader-written", "STRATEGY multileader REPLICAS 3 SPREAD region DURABILITY written", AppendOnly.EverySecond),
        new("raft-fsync", "STRATEGY raft REPLICAS 3", AppendOnly.Always),
        new("primary-async-fsync", "STRATEGY primary REPLICAS 3 ACK async", AppendOnly.Always),
        new("primary-semisync-fsync", "STRATEGY primary REPLICAS 3 ACK semisync:1", AppendOnly.Always),
        new("primary-sync-fsync", "STRATEGY primary REPLICAS 3 ACK sync", AppendOnly.Always),
        new("chain-fsync", "STRATEGY chain REPLICAS 3", AppendOnly.Always),
        new("multileader-fsync", "STRATEGY multileader REPLICAS 3 SPREAD region", AppendOnly.Always),
        new("leaderless-fsync", "STRATEGY leaderless REPLICAS 3 N 3 R 2 W 2 READS eventual", AppendOnly.Always),
        new("leaderless-consensus-fsync", "STRATEGY leaderless REPLICAS 3 CONSENSUS on", AppendOnly.Always),
    ];
}
