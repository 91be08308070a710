using Quorate.Replication;

namespace Quorate.Cluster;

/// <summary>Times of the control plane, in milliseconds by a node's monotonic clock. The same on all nodes.</summary>
public sealed record ControlOptions
{
    /// <summary>A node sends a heartbeat to the control leader this often.</summary>
    public int HeartbeatMilliseconds { get; init; } = 50;

    /// <summary>How long a granted lease runs on the node, from the moment it sent the heartbeat. About as long as it takes
    /// to suspect a silent node: shorter gains nothing but when the control leader is the one that dies.</summary>
    public int LeaseMilliseconds { get; init; } = 400;

    /// <summary>The largest difference in rate between two nodes' clocks, in thousandths: by so much longer the control
    /// leader counts a lease as running.</summary>
    public int ClockDriftPerMille { get; init; } = 50;

    /// <summary>φ above which a node is suspected: at 8, one wrong suspicion in 10^8 heartbeats that are as regular as
    /// those before. [Hayashibara §4]</summary>
    public double SuspicionThreshold { get; init; } = 8;

    /// <summary>A late heartbeat is not held against a node for this long: a collection of garbage, a lost packet.</summary>
    public int AcceptablePauseMilliseconds { get; init; } = 300;

    /// <summary>A suspected node counts as up again after this long of regular heartbeats; twice as long with each
    /// relapse.</summary>
    public int RecoveryMilliseconds { get; init; } = 500;

    /// <summary>A relapse is forgotten after this long of good behaviour.</summary>
    public int RelapseMemoryMilliseconds { get; init; } = 60_000;

    /// <summary>A node whose disk makes a write wait longer than this leads no group if another can.</summary>
    public int SlowDiskMilliseconds { get; init; } = 500;

    /// <summary>A slow node counts as healthy again after this long without a stall.</summary>
    public int SlowMemoryMilliseconds { get; init; } = 10_000;

    /// <summary>After a seal, how long to wait for members that seem to be up but have not told what they hold, so that
    /// the most advanced of all is taken.</summary>
    public int GraceMilliseconds { get; init; } = 500;

    /// <summary>How long a leader is given to hand over by itself before it is deposed.</summary>
    public int HandOverMilliseconds { get; init; } = 5000;

    /// <summary>A member that was dead for this long is replaced on another node, if there is one.</summary>
    public int ReplaceMilliseconds { get; init; } = 10 * 60_000;

    /// <summary>An entry proposed and not seen applied after this long is proposed again: it is a compare-and-set.</summary>
    public int ProposeAgainMilliseconds { get; init; } = 1000;

    /// <summary>A raft learner this many entries or fewer behind becomes a voter.</summary>
    public int PromotionLagEntries { get; init; } = 10_000;

    internal long Nanoseconds(int milliseconds) => milliseconds * StepTime.NanosecondsPerMillisecond;

    /// <summary>How long, on the control leader's clock, a lease may still be believed in by its holder.</summary>
    internal long LeaseUntilCertainlyOver => Nanoseconds(LeaseMilliseconds) / 1000 * (1000 + ClockDriftPerMille);
}
