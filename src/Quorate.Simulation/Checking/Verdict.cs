namespace Quorate.Simulation.Checking;

public enum VerdictKind : byte
{
    Valid,
    Invalid,

    /// <summary>Not decided within the bound on steps: neither proof nor counter-example.</summary>
    Unknown,
}

/// <summary>What a checker says of a history; <paramref name="Why"/> explains anything but valid.</summary>
public readonly record struct Verdict(VerdictKind Kind, string Why)
{
    public static readonly Verdict Valid = new(VerdictKind.Valid, "");
}
