using Quorate.Replication;

namespace Quorate.Cluster.Reads;

/// <summary>How reads were answered, counted since the node was started or since CONFIG RESETSTAT. Under the node's
/// lock.</summary>
public sealed class ReadStatistics
{
    private readonly long[] _byConsistency = new long[Enum.GetValues<ReadConsistency>().Length];

    /// <summary>Commands answered from this node's own state.</summary>
    public long Here;

    /// <summary>Commands answered by another replica for a client of this node.</summary>
    public long Elsewhere;

    /// <summary>Commands answered here for clients of other nodes.</summary>
    public long AnsweredForPeers;

    /// <summary>Reads that no replica could answer as their rule wants it.</summary>
    public long Refused;

    /// <summary>Reads of a session whose past a fail-over cut off.</summary>
    public long Lost;

    /// <summary>Bounded reads that found the state here too old, and had to wait or to go elsewhere.</summary>
    public long BoundMissed;

    /// <summary>Reads of one consistency, wherever they were answered.</summary>
    public long Of(ReadConsistency consistency) => _byConsistency[(int)consistency];

    internal void Count(ReadConsistency consistency) => _byConsistency[(int)consistency]++;

    internal void CountElsewhere(ReadConsistency consistency, int reads)
    {
        Elsewhere += reads;
        _byConsistency[(int)consistency] += reads;
    }

    internal void Reset()
    {
        Here = Elsewhere = AnsweredForPeers = Refused = Lost = BoundMissed = 0;
        System.Array.Clear(_byConsistency);
    }
}
