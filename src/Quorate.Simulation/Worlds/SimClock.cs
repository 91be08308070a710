using Quorate.Replication;

namespace Quorate.Simulation.Worlds;

/// <summary>
/// One node's clocks. The monotonic one has an offset of its own and runs too fast or too slow by a fixed rate, within the
/// bound that lease reads rely on; it goes on while the node is suspended. The wall clock is off by some skew and jumps.
/// </summary>
internal sealed class SimClock(World world, long offset, int driftPartsPerMillion, long wallSkewMilliseconds)
{
    private const long Epoch2026 = 1_767_225_600_000;

    private long _jumped;

    public StepTime Now => new(
        offset + world.Now + world.Now * driftPartsPerMillion / 1_000_000,
        Epoch2026 + world.Now / World.Millisecond + wallSkewMilliseconds + _jumped);

    /// <summary>How far jumps have put the wall clock ahead at most, 0 and up.</summary>
    public long FurthestAheadMilliseconds { get; private set; }

    /// <summary>True time that passes while this node's clock advances by <paramref name="local"/>.</summary>
    public long TrueSpan(long local) => local - local * driftPartsPerMillion / 1_000_000;

    /// <summary>Somebody has set the wall clock; it is off by no more than in the beginning.</summary>
    public void PutRight() => _jumped = 0;

    public void JumpWall(long milliseconds)
    {
        _jumped += milliseconds;
        FurthestAheadMilliseconds = Math.Max(FurthestAheadMilliseconds, _jumped);
    }
}
