namespace Quorate.Replication;

/// <summary>Hash slots that follow on each other.</summary>
/// <param name="First">0 up to <paramref name="Last"/></param>
/// <param name="Last">less than <see cref="KeySlot.Count"/></param>
public readonly record struct SlotRange(int First, int Last)
{
    /// <param name="slot">0 to 16383</param>
    public bool Contains(int slot) => slot >= First && slot <= Last;
}
