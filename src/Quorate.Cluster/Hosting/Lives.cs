using Quorate.Replication;

namespace Quorate.Cluster.Hosting;

/// <summary>The lives of nodes as numbers: the node's id and how often it has been started. A later life of a node has a greater
/// one.</summary>
internal static class Lives
{
    public static long Of(NodeOptions options) => ((long)options.Self.Value << 40) | options.Incarnation;

    /// <summary>The node whose life it is.</summary>
    public static NodeId NodeOf(long life) => new((int)(life >> 40));
}
