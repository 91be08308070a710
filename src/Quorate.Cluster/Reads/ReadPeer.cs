using Quorate.Replication;

namespace Quorate.Cluster.Reads;

/// <summary>A peer that answers reads for this node's clients.</summary>
/// <param name="Node">Which peer.</param>
/// <param name="Sent">Runs of reads sent to it, ever.</param>
/// <param name="Outstanding">Of these, not answered.</param>
/// <param name="LatencyMicroseconds">Of probes, a moving average; 0 when none was answered.</param>
/// <param name="IsEjected">It gets no reads until it answers probes in time again.</param>
public readonly record struct ReadPeer(NodeId Node, long Sent, int Outstanding, long LatencyMicroseconds, bool IsEjected);
