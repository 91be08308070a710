namespace Quorate.Replication.Ordered;

/// <summary>How much a replica applies in one turn, at most: what is committed beyond that is applied in later turns, so that
/// heartbeats and other groups are not kept waiting. Both above 0. At least one entry is applied a turn.</summary>
/// <param name="Entries">entries</param>
/// <param name="Bytes">bytes of their payloads; the entry that goes beyond them is still applied</param>
public readonly record struct ApplyBudget(int Entries, long Bytes)
{
    /// <summary>A few milliseconds of work.</summary>
    public static ApplyBudget Standard { get; } = new(8192, 16L << 20);
}
