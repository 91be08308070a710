using System.Numerics;
using Quorate.Replication;

namespace Quorate.Cluster.Reads;

/// <summary>
/// Which peer a read is sent to: the nearest by labels, of those the one with the least work and the lowest latency, in turn
/// where they are equal. While a peer takes part it is probed, ten times a second; one that does not answer a probe in time,
/// or is much slower than its equals, gets no reads until a probe finds it well again. Times are this node's own.
/// </summary>
internal sealed class PeerScores
{
    /// <summary>A probe that is not answered for so long says that the peer is not there.</summary>
    public const int SilenceMilliseconds = 200;

    private const long Silence = SilenceMilliseconds * StepTime.NanosecondsPerMillisecond;
    private const long ProbeInterval = 100 * StepTime.NanosecondsPerMillisecond;

    /// <summary>Peers that no read was considered for in so long are left alone.</summary>
    private const long Interest = 10_000 * StepTime.NanosecondsPerMillisecond;

    /// <summary>This node itself was away for longer than this: what came late is not the peers' fault.</summary>
    private const long OwnPause = 80 * StepTime.NanosecondsPerMillisecond;

    private const long SlowMicroseconds = 20_000;
    private const int SlowFactor = 8;

    private readonly SortedList<int, PeerScore> _peers = [];
    private readonly List<NodeId> _due = [];
    private long _lastTick = long.MinValue;
    private int _turn;

    public IEnumerable<PeerScore> Peers => _peers.Values;

    /// <summary>Times that a peer was put aside.</summary>
    public long Ejections { get; private set; }

    public PeerScore Of(NodeId peer)
    {
        if (!_peers.TryGetValue(peer.Value, out var score)) _peers.Add(peer.Value, score = new PeerScore(peer));
        return score;
    }

    public bool IsEjected(NodeId peer) => _peers.TryGetValue(peer.Value, out var score) && score.IsEjected;

    /// <summary>The host's circuit to the peer was opened, or closed again.</summary>
    public void OnCircuit(NodeId peer, bool isOpen)
    {
        if (isOpen && !Of(peer).IsEjected) Ejections++;
        Of(peer).IsCircuitOpen = isOpen;
    }

    /// <summary>The best of some peers; none when there is none. If all are put aside, the best of those: better late than
    /// never.</summary>
    /// <param name="candidates">Peers that could answer, with how far away they are: 0 is nearest.</param>
    /// <param name="now">The time of the step.</param>
    public NodeId Choose(ReadOnlySpan<(NodeId Peer, int Distance)> candidates, StepTime now)
    {
        PeerScore? best = null;
        var bestKey = (true, int.MaxValue, long.MaxValue, int.MaxValue);
        _turn++;
        for (var i = 0; i < candidates.Length; i++)
        {
            var score = Of(candidates[i].Peer);
            score.Consider(candidates[i].Distance % Readers.SecondChoice, now.Nanoseconds);
            // Latencies on one network differ by chance: only doublings from two milliseconds on count.
            var cost = (long)(score.Outstanding + 1) << (32 - BitOperations
                .LeadingZeroCount((uint)Math.Min(score.LatencyMicroseconds / 2000, 1 << 20)));
            var key = (score.IsEjected, candidates[i].Distance, cost, (i + _turn) % candidates.Length);
            if (best is not null && key.CompareTo(bestKey) >= 0) continue;
            (best, bestKey) = (score, key);
        }

        return best?.Peer ?? NodeId.None;
    }

    /// <summary>Finds the peers that are silent or slow.</summary>
    /// <returns>The peers to probe now; valid until the next call.</returns>
    public IReadOnlyList<NodeId> OnTick(StepTime now)
    {
        var wasAway = _lastTick != long.MinValue && now.Nanoseconds - _lastTick > OwnPause;
        _lastTick = now.Nanoseconds;
        _due.Clear();
        for (var i = 0; i < _peers.Count; i++)
        {
            var score = _peers.GetValueAtIndex(i);
            if (now.Nanoseconds - score.ConsideredAt > Interest)
            {
                score.Rest();
                continue;
            }

            if (wasAway) score.Forgive();
            if (score.UnansweredSince is { } since && now.Nanoseconds - since > Silence) Eject(score, isSilent: true);
            if (now.Nanoseconds - score.ProbedAt < ProbeInterval) continue;
            score.OnProbed(now.Nanoseconds);
            _due.Add(score.Peer);
        }

        return _due;
    }

    /// <summary>A probe came back.</summary>
    /// <param name="peer">The one that answered.</param>
    /// <param name="sentAtNanoseconds">When the probe was sent, by this node's clock.</param>
    /// <param name="now">The time of the step.</param>
    public void OnProbeAnswered(NodeId peer, long sentAtNanoseconds, StepTime now)
    {
        var score = Of(peer);
        var took = now.Nanoseconds - sentAtNanoseconds;
        if (took < 0) return;
        // What a peer that was stopped answers when it wakes is late, but says that it is there: it is asked anew.
        if (!score.OnAnswered(sentAtNanoseconds, took <= Silence)) return;
        score.OnLatency(took / 1000);
        if (LimitOf(score) is var limit && score.LatencyMicroseconds > limit) Eject(score, isSilent: false);
        else if (score.IsEjected && (!score.IsSlow || score.LatencyMicroseconds <= limit / 2)) score.Restore();
    }

    /// <summary>Slower than this is an outlier: eight times the fastest that is as near, and never less than 20 ms.</summary>
    private long LimitOf(PeerScore score)
    {
        var fastest = long.MaxValue;
        foreach (var other in _peers.Values)
            if (other != score && !other.IsEjected && other.Distance == score.Distance && other.HasLatency)
                fastest = Math.Min(fastest, other.LatencyMicroseconds);
        return fastest == long.MaxValue ? long.MaxValue : Math.Max(SlowMicroseconds, SlowFactor * fastest);
    }

    private void Eject(PeerScore score, bool isSilent)
    {
        if (!score.IsEjected) Ejections++;
        score.Eject(isSilent);
    }
}
