using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>What may be chosen about a CASPaxos group. Ticks are <see cref="IReplica.TickLength"/> long. <see cref="Acceptors"/>
/// and <see cref="Durable"/> are the same on all replicas of a group.</summary>
public sealed record CasPaxosOptions
{
    /// <summary>How many acceptors each key has (N, the paper's 2F+1), odd, 1 to 63; with fewer members all of them
    /// are.</summary>
    public int Acceptors { get; init; } = 3;

    /// <summary>False: promises and values are kept in memory only (<c>durability memory</c>). A restarted replica then has to be
    /// told the state by others, as one that lost its disk.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>A proposer asks for the promise of its next ballot together with each accept. [CASPaxos §2.2.1]</summary>
    public bool OneRoundTrip { get; init; } = true;

    /// <summary>What is not answered is asked again this often, in ticks.</summary>
    public int ResendTicks { get; init; } = 10;

    /// <summary>A batch of requests is given up after so many ticks.</summary>
    public int PatienceTicks { get; init; } = 200;

    /// <summary>After a conflict, a proposer waits up to so many ticks before it tries again.</summary>
    public int LongestBackoffTicks { get; init; } = 8;

    /// <summary>A tombstone, or a promise without a value, that was not touched for so many ticks is collected.</summary>
    public int CollectTicks { get; init; } = 500;

    /// <summary>Collections and removals of expired keys under way at once, at most.</summary>
    public int MostChores { get; init; } = 64;

    /// <summary>Registers looked at per tick for something to collect or to expire.</summary>
    public int SweptPerTick { get; init; } = 256;

    /// <summary>Requests that wait on this node at most; more are refused.</summary>
    public int MostRequests { get; init; } = 1 << 17;

    /// <summary>Keys for which a proposer remembers the promise of its next ballot, at most.</summary>
    public int MostKnownKeys { get; init; } = 1 << 16;

    /// <summary>Bytes of values that it remembers with them, at most (one large value may take more).</summary>
    public long MostKnownBytes { get; init; } = 32 << 20;

    /// <summary>Messages and journal records have about so many bytes at most (one large value may take more).</summary>
    public int MaxBatchBytes { get; init; } = 1 << 20;

    /// <summary>A snapshot is made when the journal has grown by this much since the last, or by twice the last
    /// snapshot.</summary>
    public long SnapshotThresholdBytes { get; init; } = 64 << 20;

    public int SnapshotPieceBytes { get; init; } = 256 << 10;
}
