using System.Text;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Commands;

/// <summary>The section <c>reads</c> of INFO.</summary>
internal static class ReadReport
{
    /// <summary>Those that the statistics count, in the order of the words.</summary>
    public static readonly IReadOnlyList<ReadConsistency> Counted =
        [.. PolicyWords.Reads.Select(r => r.Value)];

    public static void Write(NodeCommand command, StringBuilder text)
    {
        var reads = command.Node.Statistics.Reads;
        InfoText.Field(text, "reads_here", reads.Here);
        InfoText.Field(text, "reads_elsewhere", reads.Elsewhere);
        InfoText.Field(text, "reads_for_peers", reads.AnsweredForPeers);
        foreach (var consistency in Counted) InfoText.Field(text, $"reads_{PolicyWords.Of(consistency)}", reads.Of(consistency));
        InfoText.Field(text, "reads_refused", reads.Refused);
        InfoText.Field(text, "reads_lost_sessions", reads.Lost);
        InfoText.Field(text, "reads_bound_missed", reads.BoundMissed);
        InfoText.Field(text, "read_peers_ejected", command.Node.ReadPeers.Count(p => p.IsEjected));
        InfoText.Field(text, "read_peer_ejections", command.Node.ReadEjections);
        foreach (var peer in command.Node.ReadPeers)
        {
            var state = peer.IsEjected ? "ejected" : "ok";
            InfoText.Field(text, $"read_peer_{NodeNames.NodeName(command.Node, peer.Node)}", FormattableString.Invariant(
                $"sent={peer.Sent},outstanding={peer.Outstanding},latency_usec={peer.LatencyMicroseconds},state={state}"));
        }
    }
}
