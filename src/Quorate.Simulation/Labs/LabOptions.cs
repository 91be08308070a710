namespace Quorate.Simulation.Labs;

/// <summary>What <c>quorate lab run</c> is asked to do. Exactly one of <see cref="Seed"/>, <see cref="Seeds"/> and
/// <see cref="Minutes"/> decides how much; without any, 100 seeds.</summary>
public sealed record LabOptions
{
    /// <summary>The strategy that is put to the test.</summary>
    public string Strategy { get; init; } = "raft";

    /// <summary>Run this one only.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Run this many.</summary>
    public int? Seeds { get; init; }

    /// <summary>Begin new ones for this long.</summary>
    public double? Minutes { get; init; }

    /// <summary>The first of many; those after it follow one by one.</summary>
    public ulong FirstSeed { get; init; } = 1;

    /// <summary>One of so many seeds is run a second time to compare the traces, 1 and up.</summary>
    public int TwiceEvery { get; init; } = 1;

    /// <summary>Seeds that run at the same time, each in a world of its own.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>With <see cref="Seed"/>: prints everything that happens.</summary>
    public bool Trace { get; init; }
}
