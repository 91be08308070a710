namespace Quorate.Cluster;

/// <summary>How the replicas of a group are compared while it runs. May differ from node to node: the group's leader
/// decides.</summary>
public sealed record DivergenceOptions
{
    /// <summary>A range of the state is hashed this often, in milliseconds; 0: never. A shorter period finds a difference
    /// sooner and takes more of every replica's time: a range of the usual size takes a tenth to a quarter of a
    /// millisecond.</summary>
    public int PeriodMilliseconds { get; init; } = 25;

    /// <summary>A round over the whole state begins this long after the one before began, at the earliest.</summary>
    public int RoundMilliseconds { get; init; } = 10_000;

    /// <summary>The same while nothing is written: memory goes bad at rest too, but a group that rests should be left to
    /// it.</summary>
    public int IdleRoundMilliseconds { get; init; } = 600_000;

    /// <summary>Keys in a range, about, at most: while they are hashed nothing else is done.</summary>
    public int KeysPerRange { get; init; } = 256;

    /// <summary>Bytes of memory that a range takes, about, at most.</summary>
    public int BytesPerRange { get; init; } = 256 << 10;

    /// <summary>How long the hashes of a digest are waited for: a replica that is further behind is not compared this
    /// time.</summary>
    public int DigestPatienceMilliseconds { get; init; } = 10_000;

    /// <summary>How long a voted read waits for its majority.</summary>
    public int ReadPatienceMilliseconds { get; init; } = 2000;
}
