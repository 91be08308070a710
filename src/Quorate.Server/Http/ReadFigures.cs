using Quorate.Cluster;
using Quorate.Cluster.Turns;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Server.Http;

/// <summary>What <c>/metrics</c> says of reads. Under the node's lock.</summary>
internal static class ReadFigures
{
    public static IReadOnlyList<(string Name, string Help, bool IsCounter, double Value)> Of(Node node)
    {
        var reads = node.Statistics.Reads;
        return
        [
            ("quorate_reads_here_total", "Reads answered from this node's own state.", true, reads.Here),
            (
                "quorate_reads_elsewhere_total", "Reads of this node's clients that another replica answered.", true,
                reads.Elsewhere),
            ("quorate_reads_for_peers_total", "Reads answered here for clients of other nodes.", true, reads.AnsweredForPeers),
            ("quorate_reads_refused_total", "Reads that no replica in reach could answer by their rule.", true, reads.Refused),
            ("quorate_reads_lost_sessions_total", "Reads of sessions whose past a fail-over cut off.", true, reads.Lost),
            (
                "quorate_reads_bound_missed_total", "Bounded reads that found the state here too old and had to wait.", true,
                reads.BoundMissed),
            (
                "quorate_read_peer_ejections_total", "Times that a peer got no more reads because it was silent or slow.", true,
                node.View.ReadEjections),
        ];
    }

    public static IReadOnlyList<(
        string Name, string Help, bool IsCounter, string Label, IReadOnlyList<(string Of, double Value)> Values)> FamiliesOf(
        Node node, Func<NodeId, string?> nameOf)
    {
        var reads = node.Statistics.Reads;
        var peers = node.View.ReadPeers;
        return
        [
            ("quorate_reads_total", "Reads by what they may return.", true, "consistency",
                [.. PolicyWords.Reads.Select(r => (r.Word, (double)reads.Of(r.Value)))]),
            (
                "quorate_read_peer_sent_total", "Runs of reads sent to a peer.", true, "node",
                [.. peers.Select(p => (nameOf(p.Node)!, (double)p.Sent))]),
            (
                "quorate_read_peer_outstanding", "Runs of reads that a peer has not answered.", false, "node",
                [.. peers.Select(p => (nameOf(p.Node)!, (double)p.Outstanding))]),
            (
                "quorate_read_peer_latency_seconds", "Moving average of a peer's answers to probes.", false, "node",
                [.. peers.Select(p => (nameOf(p.Node)!, p.LatencyMicroseconds / 1e6))]),
            (
                "quorate_read_peer_ejected", "1 while a peer gets no reads.", false, "node",
                [.. peers.Select(p => (nameOf(p.Node)!, p.IsEjected ? 1.0 : 0))]),
        ];
    }
}
