using Quorate.Cluster.Reads;
using Quorate.Replication;

namespace Quorate.Cluster.Turns;

/// <summary>Sends the probes that <see cref="PeerScores"/> wants, and sends back those of others.</summary>
internal sealed class PeerProbing(NodeTurns node)
{
    public PeerScores Scores { get; } = new();

    public void OnTick(StepTime now)
    {
        foreach (var peer in Scores.OnTick(now)) node.Tell(peer, new PeerProbe(now.Nanoseconds, isAnswer: false));
    }

    /// <summary>A probe, or one that comes back.</summary>
    public bool OnProbe(NodeId from, ushort kind, long sentAt, StepTime now)
    {
        if (kind == PeerProbe.AnswerKind) Scores.OnProbeAnswered(from, sentAt, now);
        else node.Tell(from, new PeerProbe(sentAt, isAnswer: true));
        return true;
    }
}
