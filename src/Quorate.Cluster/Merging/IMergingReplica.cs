using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Merging;

/// <summary>The replica here of a group whose data merges, as the commands see it that other nodes forward.</summary>
internal interface IMergingReplica
{
    /// <summary>It takes commands.</summary>
    bool Serves { get; }

    /// <summary>Takes a command that a node forwarded.</summary>
    /// <param name="origin">That node.</param>
    /// <param name="session">Its session.</param>
    /// <param name="sequence">The command's place in it.</param>
    /// <param name="command">The words.</param>
    /// <param name="entry">What the replica is handed.</param>
    /// <param name="now">The time of the step.</param>
    void Take(NodeId origin, long session, long sequence, in CommandArgs command, ReadOnlySpan<byte> entry, StepTime now);
}
