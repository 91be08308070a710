using Quorate.Compare.Load;

namespace Quorate.Compare.Rows;

/// <summary>One line of the result: what was measured on both sides, and what it should have been.</summary>
internal sealed record Line
{
    /// <summary>The target's name, e.g. P1.</summary>
    public required string Id { get; init; }

    public required string What { get; init; }

    public required string Ours { get; init; }

    public required string Theirs { get; init; }

    public Sample? OurSample { get; init; }

    public Sample? TheirSample { get; init; }

    /// <summary>Ours divided by theirs, or the measured value itself where the target is one; null: not measured.</summary>
    public double? Measured { get; init; }

    /// <summary>What <see cref="Measured"/> must reach (or stay below); null: reported only.</summary>
    public double? Target { get; init; }

    public bool IsUpperBound { get; init; }

    /// <summary>Unit of <see cref="Measured"/>: empty for a ratio.</summary>
    public string Unit { get; init; } = "";

    public string Note { get; init; } = "";

    public string Verdict =>
        Measured is not { } measured ? "not measured"
        : Target is not { } target ? "reported"
        : (IsUpperBound ? measured <= target : measured >= target) ? "met" : "missed";
}
