namespace Quorate.Simulation.Worlds;

/// <summary>One direction between two nodes. Rates are per mille of the messages.</summary>
internal sealed class Link
{
    public long MinDelay { get; set; }

    /// <summary>Added to <see cref="MinDelay"/>: uniform, with a long tail one time in fifty.</summary>
    public long Spread { get; set; }

    public int LossPerMille { get; set; }

    public int DuplicationPerMille { get; set; }

    public int ReorderPerMille { get; set; }

    public int CorruptionPerMille { get; set; }

    /// <summary>How many partitions cut this direction now.</summary>
    public int Cuts { get; set; }

    /// <summary>While cut, messages wait and arrive late, as in the buffers of a connection that is still open.</summary>
    public bool Holds { get; set; }

    /// <summary>When the latest message arrives: without reordering none arrives before it.</summary>
    public long LastArrival { get; set; }

    public List<byte[]> Held { get; } = [];

    public bool IsCut => Cuts > 0;
}
