using Quorate.Replication;

namespace Quorate.Cluster.Reads;

/// <summary>What is known of one peer that answers reads.</summary>
internal sealed class PeerScore(NodeId peer)
{
    private const int Weight = 8;

    private bool _isEjected;

    public NodeId Peer { get; } = peer;

    /// <summary>0: same zone; 1: same region; 2: elsewhere, or not known.</summary>
    public int Distance { get; private set; } = 2;

    /// <summary>Reads sent and not answered.</summary>
    public int Outstanding { get; set; }

    /// <summary>Reads sent, ever.</summary>
    public long Sent { get; set; }

    /// <summary>Of probes, an average in which each new one counts an eighth.</summary>
    public long LatencyMicroseconds { get; private set; }

    public bool HasLatency { get; private set; }

    /// <summary>It gets no reads.</summary>
    public bool IsEjected => IsCircuitOpen || _isEjected;

    /// <summary>The host cannot reach it again and again.</summary>
    public bool IsCircuitOpen { get; set; }

    /// <summary>Put aside because it is slow, not because it is silent.</summary>
    public bool IsSlow { get; private set; }

    public long ConsideredAt { get; private set; } = long.MinValue / 2;

    public long ProbedAt { get; private set; } = long.MinValue / 2;

    /// <summary>When the oldest probe was sent that is not answered; null: none is out.</summary>
    public long? UnansweredSince { get; private set; }

    public void Consider(int distance, long now) => (Distance, ConsideredAt) = (distance, now);

    public void OnProbed(long now)
    {
        ProbedAt = now;
        UnansweredSince ??= now;
    }

    /// <summary>False: too late to tell more than that the peer is there.</summary>
    public bool OnAnswered(long sentAt, bool inTime)
    {
        if (!inTime)
        {
            // The next probe goes at once, and only it counts.
            UnansweredSince = null;
            ProbedAt = long.MinValue / 2;
            return false;
        }

        // Probes are answered in order: later ones may still be out.
        UnansweredSince = ProbedAt > sentAt ? ProbedAt : null;
        return true;
    }

    public void OnLatency(long microseconds)
    {
        LatencyMicroseconds = HasLatency ? LatencyMicroseconds + ((microseconds - LatencyMicroseconds) / Weight) : microseconds;
        HasLatency = true;
    }

    public void Eject(bool isSilent) => (_isEjected, IsSlow) = (true, !isSilent);

    public void Restore() => (_isEjected, IsSlow) = (false, false);

    public void Forgive() => UnansweredSince = null;

    /// <summary>No read needs it: what is known of it grows old.</summary>
    public void Rest()
    {
        UnansweredSince = null;
        Restore();
    }
}
