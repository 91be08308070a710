using System.Text;
using Quorate.Replication;

namespace Quorate.Cluster;

/// <summary>
/// A node without IO: its groups, the routing of commands, its client sessions. Synchronous, deterministic, one caller at
/// a time; the shell holds a lock around every call, the simulator has one thread.
/// </summary>
public sealed class Node
{
    public Node(NodeOptions options, INodeHost host) => (Options, Host) = (options, host);

    public NodeOptions Options { get; }

    internal INodeHost Host { get; }

    /// <summary>Feeds a journal record back, in order, before <see cref="Start"/>. False: damaged journal, do not start.</summary>
    public bool Recover(GroupId group, ReadOnlySpan<byte> record, PersistPoint point) => throw new NotImplementedException();

    /// <summary>Call once after recovery, before anything else.</summary>
    public void Start(StepTime now) => throw new NotImplementedException();

    public ClientSession Connect(string clientAddress, string localAddress, StepTime now) => throw new NotImplementedException();

    /// <summary>The connection is gone; what it had in flight may still happen, nobody hears of it.</summary>
    public void Disconnect(ClientSession session) => throw new NotImplementedException();

    /// <summary>One whole frame from a peer (without the length prefix). False: damaged or not understood; drop the connection.</summary>
    public bool OnPeerFrame(NodeId from, ReadOnlyMemory<byte> frame, StepTime now) => throw new NotImplementedException();

    public void OnTick(StepTime now) => throw new NotImplementedException();

    public void OnPersisted(PersistPoint durable, StepTime now) => throw new NotImplementedException();

    /// <summary>The journal failed for good (disk full, fsync error): refuse all that needs it, give leadership away.</summary>
    public void OnJournalFailed(string why, StepTime now) => throw new NotImplementedException();

    public void OnSnapshotSealed(GroupId group, LogIndex index, bool saved, StepTime now) => throw new NotImplementedException();

    public void OnTurnEnd(StepTime now) => throw new NotImplementedException();

    public void Describe(StringBuilder text) => throw new NotImplementedException();

    public void CheckInvariants() => throw new NotImplementedException();
}
