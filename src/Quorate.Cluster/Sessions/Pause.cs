using Quorate.Replication;

namespace Quorate.Cluster.Sessions;

/// <summary>CLIENT PAUSE: commands on keys of this node's clients wait, and are executed when it is over. Other nodes' clients go
/// on.</summary>
internal sealed class Pause
{
    private long _writesUntil = long.MinValue;
    private long _readsUntil = long.MinValue;

    /// <summary>Waiting is not counted before this (monotonic nanoseconds).</summary>
    public long Over => Math.Max(_writesUntil, _readsUntil);

    public bool HoldsWrites(StepTime now) => now.Nanoseconds < Over;

    public bool HoldsReads(StepTime now) => now.Nanoseconds < _readsUntil;

    /// <summary>Never shortens an earlier one, as in Redis.</summary>
    public void Begin(long until, bool readsToo, StepTime now)
    {
        if (readsToo) _readsUntil = Math.Max(_readsUntil, until);
        else _writesUntil = Math.Max(_writesUntil, until);
        Invariant.Require(Over >= now.Nanoseconds, "a pause lies ahead");
    }

    public void End(StepTime now)
    {
        _writesUntil = Math.Min(_writesUntil, now.Nanoseconds);
        _readsUntil = Math.Min(_readsUntil, now.Nanoseconds);
    }
}
