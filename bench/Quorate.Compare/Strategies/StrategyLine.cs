using Quorate.Compare.Load;

namespace Quorate.Compare.Strategies;

/// <summary>One measured row of the strategies' table, as it is kept in strategies.json.</summary>
internal sealed record StrategyLine
{
    public required string Case { get; init; }

    public required string Policy { get; init; }

    /// <summary><c>SET</c>, or <c>GET</c> and where.</summary>
    public required string What { get; init; }

    public required int Pipeline { get; init; }

    public required Sample Ours { get; init; }

    /// <summary>Null: Redis is not installed.</summary>
    public Sample? Theirs { get; init; }

    public required string Beside { get; init; }

    public double? Target { get; init; }

    public required int Rounds { get; init; }

    public required string Date { get; init; }

    public required string Revision { get; init; }

    public double? Ratio => Theirs is null ? null : Ours.OpsPerSecond / Theirs.OpsPerSecond;

    public bool IsSameAs(StrategyLine other) => (Case, What, Pipeline) == (other.Case, other.What, other.Pipeline);
}
