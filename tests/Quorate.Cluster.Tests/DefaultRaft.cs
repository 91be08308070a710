using Quorate.Cluster.Turns;
using Quorate.Strategies.Raft;

namespace Quorate.Cluster.Tests;

/// <summary>What tests know of the group of the numbered databases: that it runs raft.</summary>
internal static class DefaultRaft
{
    extension(Node node)
    {
        /// <summary>This node's replica of it; null where it holds none.</summary>
        public RaftReplica? Raft => node.Default.Replica as RaftReplica;
    }
}
