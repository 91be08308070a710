using System.Buffers;
using Quorate.Data;
using Quorate.Data.Merging;
using Quorate.Replication;

namespace Quorate.Cluster;

/// <summary>
/// The world as a node sees it. The shell (sockets, files, threads) and the simulator each provide one. Every call is
/// made under the node's own lock (one caller at a time) and returns at once.
/// </summary>
public interface INodeHost
{
    /// <summary>Appends a record to the node's journal; <c>Node.OnPersisted</c> tells when it is durable.</summary>
    PersistPoint AppendToJournal(GroupId group, ReadOnlySpan<byte> record);

    /// <summary>No group needs the journal before these points any more.</summary>
    void ReleaseJournal(GroupId group, PersistPoint point);

    /// <summary>
    /// Where frames for a peer are written, or null when it cannot be reached now (the message is lost, as on a network).
    /// Frames are whole when the call that wrote them returns; the host sends them at the end of the turn.
    /// </summary>
    IBufferWriter<byte>? OutputTo(NodeId peer);

    ISnapshots SnapshotsOf(GroupId group);

    /// <summary>A small thing written down under a name; empty when there is none. Small and rare: the caller waits.</summary>
    ReadOnlyMemory<byte> ReadNote(string name) => default;

    /// <summary>Writes it down: what was there or this, whatever happens, and this for good when the call returns. Empty
    /// removes it.</summary>
    void WriteNote(string name, ReadOnlySpan<byte> bytes)
    {
    }

    /// <summary>The group is no more: its snapshots may go.</summary>
    void ForgetGroup(GroupId group)
    {
    }

    /// <summary>A keyspace's own rule for concurrent strings, made of its script. A script that is none gives a rule that always
    /// fails, and on a host that runs no scripts so does every rule: the values stay siblings.</summary>
    IMergeRule MergeRuleOf(string name, string script) => FailingRule.Instance;

    /// <summary>What is wrong with a script, for its writer; null when it can be run.</summary>
    string? ProblemOf(string script) => "this node runs no scripts";

    /// <summary>Cuts a region off from all others, or heals that, where a host plays them. Why not; null when done.</summary>
    string? CutRegion(string region, bool isCut) => "this node's host plays no regions";

    /// <summary>How long the oldest write waits for the disk, and how long the last one took, in milliseconds.</summary>
    (int Oldest, int Last) DiskDelay => default;

    /// <summary>The map says something new about the nodes of the cluster or where they are: see the node's view.</summary>
    void OnMembersChanged()
    {
    }

    /// <summary>The client's <see cref="IClient.Output"/> has bytes to send, or the session wants to be closed.</summary>
    void OnSessionOutput(IClient client);

    /// <summary>Call <c>Node.OnTurnEnd</c> when all that is ready now has been handed in.</summary>
    void RequestTurnEnd();
}
