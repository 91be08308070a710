namespace Quorate.Replication.Causality;

/// <summary>
/// A hybrid logical time in one number: 47 bits of Unix milliseconds, 16 bits that count what happened within one. [HLC §4]
/// Whatever saw another has the greater one.
/// </summary>
public readonly record struct HybridTime(long Value) : IComparable<HybridTime>
{
    public const int CounterBits = 16;

    public static HybridTime FromMilliseconds(long unixMilliseconds) =>
        new(Math.Clamp(unixMilliseconds, 0, long.MaxValue >> CounterBits) << CounterBits);

    public long Milliseconds => Value >> CounterBits;

    public int Counter => (int)(Value & ((1 << CounterBits) - 1));

    public int CompareTo(HybridTime other) => Value.CompareTo(other.Value);

    public static bool operator <(HybridTime a, HybridTime b) => a.Value < b.Value;
    public static bool operator >(HybridTime a, HybridTime b) => a.Value > b.Value;
    public static bool operator <=(HybridTime a, HybridTime b) => a.Value <= b.Value;
    public static bool operator >=(HybridTime a, HybridTime b) => a.Value >= b.Value;

    public override string ToString() => $"{Milliseconds}+{Counter}";
}

/// <summary>
/// A hybrid logical clock: follows the wall clock, never goes back, and goes past every stamp it is shown. [HLC fig. 5]
/// A stamp from too far ahead is refused, because taking it would put this clock, and then everybody's, out of touch with time.
/// </summary>
/// <param name="skewLimitMilliseconds">How far ahead of this node's wall clock a stamp may be, 0 and up.</param>
public sealed class HybridClock(long skewLimitMilliseconds)
{
    public long SkewLimitMilliseconds { get; } = skewLimitMilliseconds;

    /// <summary>The greatest time given or seen.</summary>
    public HybridTime Last { get; private set; }

    /// <summary>Stamps refused because they were too far ahead.</summary>
    public long Refused { get; private set; }

    /// <summary>A time for something that happens now; greater than every one before.</summary>
    public HybridTime Next(StepTime now)
    {
        var wall = HybridTime.FromMilliseconds(now.UnixMilliseconds);
        // A full counter runs over into the milliseconds, which keeps the order.
        Last = wall > Last ? wall : new HybridTime(Last.Value + 1);
        return Last;
    }

    /// <summary>A stamp that came from elsewhere. False: too far ahead; counted, and nothing stamped so may be taken.</summary>
    public bool TryObserve(HybridTime remote, StepTime now)
    {
        if (remote.Milliseconds > now.UnixMilliseconds + SkewLimitMilliseconds)
        {
            Refused++;
            return false;
        }

        Recover(remote);
        return true;
    }

    /// <summary>A stamp that was taken before a restart: time goes on after it, whatever the wall clock says now.</summary>
    public void Recover(HybridTime taken)
    {
        if (taken > Last) Last = taken;
    }
}
