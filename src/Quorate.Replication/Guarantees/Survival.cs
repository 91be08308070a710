namespace Quorate.Replication.Guarantees;

/// <summary>Whether an acknowledged write is still there after a fault.</summary>
public enum Survival : byte
{
    /// <summary>Yes.</summary>
    Always,

    /// <summary>Yes unless it is in the window of loss (<see cref="Guarantee.Window"/>) when the fault comes.</summary>
    OutsideWindow,

    /// <summary>Only as long as the replicas are in sync in greater number than the policy insists on.</summary>
    WhileEnoughInSync,

    /// <summary>Nothing is promised.</summary>
    No,

    /// <summary>There is no such fault here: a minority of one replica is nobody, and without <c>spread</c> nobody knows
    /// how many replicas a zone holds.</summary>
    NotPromised,
}

/// <summary>Which acknowledged writes a fault may take.</summary>
[Flags]
public enum LossWindow : byte
{
    None = 0,

    /// <summary>Those not yet shipped when the leader dies.</summary>
    Unshipped = 1,

    /// <summary>Those acknowledged while too few replicas were up and the policy says to go on (degrade).</summary>
    WhileDegraded = 2,

    /// <summary>Those not yet on stable storage when as many machines as had them lose power (durability memory: stop).</summary>
    Unsynced = 4,
}

/// <summary>What a read may return.</summary>
public enum ReadPromise : byte
{
    /// <summary>The newest value, as if there were one copy, through every fail-over.</summary>
    Linearizable,

    /// <summary>The newest value as long as no fail-over loses one: a value that was read may be gone after it.</summary>
    LinearizableUntilFailover,

    /// <summary>A value that was the newest not longer ago than the bound.</summary>
    Bounded,

    /// <summary>Nothing older than this connection has written or read.</summary>
    Session,

    /// <summary>Every write acknowledged before the read began is in it; while a write is under way one read may return it
    /// and a later one not.</summary>
    Regular,

    /// <summary>Some earlier value; without writes all replicas come to the same.</summary>
    Eventual,

    /// <summary>Whatever the replica has, which may be old without limit.</summary>
    Unchecked,

    /// <summary>The newest value, also when a minority of the copies is wrong.</summary>
    Voted,

    /// <summary>The strategy cannot do it: refused.</summary>
    Refused,
}
