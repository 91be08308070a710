namespace Quorate.Replication;

/// <summary>How many copies are durable before a write is acknowledged.</summary>
public enum Ack : byte
{
    /// <summary>The leader's own.</summary>
    Async,

    /// <summary>The leader's and those of <see cref="Policy.AckBackups"/> backups.</summary>
    SemiSync,

    /// <summary>Those of more than half of the replicas.</summary>
    Majority,

    /// <summary>Those of every replica in the in-sync set.</summary>
    Sync,
}

/// <summary>What travels to the other replicas.</summary>
public enum Ship : byte
{
    /// <summary>The commands, in order.</summary>
    Log,

    /// <summary>The state they led to.</summary>
    State,
}

/// <summary>What a read may return.</summary>
public enum ReadConsistency : byte
{
    /// <summary>The newest committed value, as if there were one copy.</summary>
    Linearizable,

    /// <summary>A value that was the newest at most <see cref="Policy.BoundMilliseconds"/> ago.</summary>
    Bounded,

    /// <summary>Never older than what this connection has written or read before.</summary>
    Session,

    /// <summary>Any healthy replica's value; the copies converge.</summary>
    Eventual,

    /// <summary>Any replica's value, unchecked.</summary>
    Weak,

    /// <summary>The value that most of 2f+1 replicas agree on at one index.</summary>
    Voted,

    /// <summary>Chain: the tail answers. Linearizable.</summary>
    Tail,

    /// <summary>Chain: any replica answers, asking the tail for the version when its own is dirty. Linearizable. [CRAQ
    /// §2]</summary>
    Craq,
}

/// <summary>What to do with a write when fewer replicas are up than <see cref="Policy.Ack"/> asks for.</summary>
public enum WhenShort : byte
{
    /// <summary>Refuse it (NOREPLICAS).</summary>
    Refuse,

    /// <summary>Acknowledge it asynchronously and raise an alarm.</summary>
    Degrade,
}

/// <summary>What a merging keyspace does about concurrent strings. Replicas hold the same whatever the rule is: it decides
/// what is shown.</summary>
public enum ConflictRule : byte
{
    /// <summary>GET shows the latest, the conflict is listed, and the next SET replaces all values.</summary>
    Crdt,

    /// <summary>As <see cref="Crdt"/>, but a SET without CONTEXT replaces only the value that GET shows.</summary>
    Siblings,

    /// <summary>The latest is the value; the others go to the loss log and are no conflict.</summary>
    Lww,

    /// <summary>The application's own rule makes one value of them; where it fails, as <see cref="Siblings"/>.</summary>
    Merge,
}

/// <summary>Which replicas of a multi-leader keyspace send their updates to which as soon as they are there. Whatever it is, one
/// that lacks for long what another has is sent it by that one.</summary>
public enum Topology : byte
{
    /// <summary>Each tells all others.</summary>
    All,

    /// <summary>Each tells the next, which tells it on.</summary>
    Ring,

    /// <summary>All tell the first, which tells it on.</summary>
    Star,
}

/// <summary>Everything a user chooses about the replication of one keyspace. Data: what it promises is computed from
/// it.</summary>
public sealed record Policy
{
    public Strategy Strategy { get; init; } = Strategy.Raft;

    /// <summary>How many nodes hold the data, 1 to 64.</summary>
    public int Replicas { get; init; } = 3;

    public Ack Ack { get; init; } = Ack.Majority;

    /// <summary>The k of <see cref="Ack.SemiSync"/>, 1 to <see cref="Replicas"/> − 1.</summary>
    public int AckBackups { get; init; } = 1;

    /// <summary>With <see cref="Ack.Sync"/>: writes are refused while fewer replicas (the leader counted) are in sync.</summary>
    public int MinInSync { get; init; } = 2;

    public WhenShort WhenShort { get; init; } = WhenShort.Refuse;

    public Ship Ship { get; init; } = Ship.Log;

    public Durability Durability { get; init; } = Durability.Fsync;

    public ReadConsistency Reads { get; init; } = ReadConsistency.Linearizable;

    /// <summary>The bound of <see cref="ReadConsistency.Bounded"/>, in milliseconds, 1 and up.</summary>
    public int BoundMilliseconds { get; init; } = 500;

    /// <summary>The label (region, zone, provider) of which every replica should have another value; null: none.</summary>
    public string? Spread { get; init; }

    /// <summary>Primary: further replicas that hold entries at once and apply them <see cref="DelayMilliseconds"/> later. They
    /// count for no acknowledgement and are never named primary.</summary>
    public int Delayed { get; init; }

    /// <summary>In milliseconds; 0 when <see cref="Delayed"/> is.</summary>
    public int DelayMilliseconds { get; init; }

    /// <summary>Primary: further replicas that a backup feeds, not the primary. They count for no acknowledgement.</summary>
    public int Cascaded { get; init; }

    /// <summary>Merging: what becomes of strings written at the same time.</summary>
    public ConflictRule Conflicts { get; init; } = ConflictRule.Crdt;

    /// <summary>With <see cref="ConflictRule.Merge"/>: what the rule is called, for people. Null otherwise.</summary>
    public string? MergeName { get; init; }

    /// <summary>The rule itself, a script, the same on all nodes. Null where only the name is known.</summary>
    public string? MergeScript { get; init; }

    /// <summary>Merging: how long values that lost against concurrent ones can be asked for (LOSSES), in seconds, 1 to 365
    /// days.</summary>
    public int KeepLosersSeconds { get; init; } = Policies.LoserTime.Usual;

    /// <summary>Multi-leader.</summary>
    public Topology Topology { get; init; } = Topology.All;

    /// <summary>Leaderless: replicas that hold each key, 1 to <see cref="Replicas"/>. [Dynamo §4.5]</summary>
    public int N { get; init; } = 3;

    /// <summary>Leaderless: replicas whose answer a read waits for, 1 to <see cref="N"/>.</summary>
    public int R { get; init; } = 2;

    /// <summary>Leaderless: replicas on which a write is durable before it is acknowledged, 1 to <see cref="N"/>.</summary>
    public int W { get; init; } = 2;

    /// <summary>Leaderless: nodes that do not hold a key stand in for those that do and cannot be reached. [Dynamo
    /// §4.6]</summary>
    public bool Sloppy { get; init; }

    /// <summary>Leaderless: every key is decided by consensus of its replicas, without a leader. [CASPaxos]</summary>
    public bool Consensus { get; init; }

    /// <summary>Nodes that hold the data, those counted that no acknowledgement waits for.</summary>
    public int Holders => Replicas + Delayed + Cascaded;

    /// <summary>The data merges: there is no order of all writes.</summary>
    public bool IsMerging => Strategy.Kind != Rows.GroupKind.Ordered;
}
