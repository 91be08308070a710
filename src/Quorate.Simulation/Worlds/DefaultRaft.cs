using Quorate.Cluster;
using Quorate.Cluster.Turns;
using Quorate.Strategies.Raft;

namespace Quorate.Simulation.Worlds;

/// <summary>What the simulator knows of the group of the numbered databases: that it runs raft.</summary>
internal static class DefaultRaft
{
    extension(Node node)
    {
        /// <summary>This node's replica of it. Only on a node that holds one.</summary>
        public RaftReplica Raft => (RaftReplica)node.Default.Replica;
    }
}
