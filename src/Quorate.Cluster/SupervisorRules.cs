using Quorate.Replication;

namespace Quorate.Cluster;

/// <summary>The rules on which the safety of a fail-over stands, as a thing of their own, so that a test can take one away
/// and see that it is missed. Nothing but these is ever used in production.</summary>
internal class SupervisorRules
{
    public static readonly SupervisorRules Sound = new();

    /// <summary>The candidate must hold all that any other answer holds.</summary>
    public virtual bool IsAhead(in ReplicaReport a, in ReplicaReport b) => a.IsAheadOf(b);

    /// <summary>No leader is named, and no replica loses its part, while a replica may act on an older epoch.</summary>
    public virtual bool MustWaitFor(bool someoneMayStillAct) => someoneMayStillAct;

    /// <summary>A new control leader does not know what its predecessor granted, and waits it out.</summary>
    public virtual bool WaitsAfterElection => true;
}
