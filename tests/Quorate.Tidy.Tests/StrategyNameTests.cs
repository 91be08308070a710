using System.Text.RegularExpressions;

namespace Quorate.Tidy.Tests;

/// <summary>The cluster knows strategies by their rows alone.</summary>
public sealed class StrategyNameTests
{
    private static readonly Regex s_names = new(
        @"\bStrategy\s*\.\s*(Raft|Primary|Chain|MultiLeader|Leaderless|Pbft)\b|Quorate\s*\.\s*Strategies|\bStrategyTable\b"
        + @"|\b(Raft|Primary|Chain|MultiLeader|Leaderless|CasPaxos)(Replica|Options|Rules|Codec|Entry|Status)\b");

    [Fact]
    public void No_code_of_the_cluster_names_a_strategy() =>
        Tree.ProductSources.Where(f => f.StartsWith("src/Quorate.Cluster/", StringComparison.Ordinal))
            .SelectMany(f => s_names.Matches(CodeWords.Of(Tree.Text(f))).Select(m => $"{f}: {m.Value}"))
            .ShouldBeNone("what differs between strategies is said by a row, a trait or an interface");
}
