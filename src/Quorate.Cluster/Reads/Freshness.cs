using Quorate.Replication;

namespace Quorate.Cluster.Reads;

/// <summary>
/// How old a replica's state can be at most. A question about the newest state (a read index, a version query) that was put
/// at some moment and is answered by leave to read says: all that was acknowledged before that moment is in the state now.
/// Only this node's clock is looked at, and the moment of asking, not that of the answer: what the answer needed on its
/// way counts as age. A node that was stopped for a while finds on waking that its leave is old.
/// </summary>
internal sealed class Freshness
{
    private long _asOf = long.MinValue;
    private long _askedAt = long.MinValue;

    /// <summary>Everything acknowledged before this moment is in the state.</summary>
    public long AsOfNanoseconds => _asOf;

    /// <summary>Leave to read was given to a session that asked at <paramref name="askedAtNanoseconds"/>.</summary>
    public void OnLeave(long askedAtNanoseconds) => _asOf = Math.Max(_asOf, askedAtNanoseconds);

    /// <summary>The state was given up or replaced by one that is not known to be as new.</summary>
    public void Forget() => _asOf = long.MinValue;

    public bool IsWithin(int milliseconds, StepTime now) => AgeOf(now) <= milliseconds * StepTime.NanosecondsPerMillisecond;

    /// <summary>True when it is time to ask again, so that reads that come within <paramref name="milliseconds"/> need not wait;
    /// the caller then asks.</summary>
    public bool TryBeginAsking(int milliseconds, StepTime now)
    {
        var half = milliseconds * StepTime.NanosecondsPerMillisecond / 2;
        if (AgeOf(now) < half || (_askedAt != long.MinValue && now.Nanoseconds - _askedAt < half)) return false;
        _askedAt = now.Nanoseconds;
        return true;
    }

    /// <summary>Nanoseconds; the greatest number when nothing is known.</summary>
    public long AgeOf(StepTime now) => _asOf == long.MinValue ? long.MaxValue : now.Nanoseconds - _asOf;
}
