using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Cluster.Reads;
using Quorate.Replication;

namespace Quorate.Cluster.Commands;

/// <summary>
/// The node as its own commands see it: what they report and the few things they may do. Called under the node's lock,
/// inside a step; nothing here waits.
/// </summary>
public interface INodeView
{
    NodeOptions Options { get; }

    /// <summary>This node's entry in the members.</summary>
    Member Self { get; }

    /// <summary>All nodes of the cluster that were not removed, in ascending order of id.</summary>
    IReadOnlyList<Member> Members { get; }

    /// <summary>When this node was started.</summary>
    StepTime StartTime { get; }

    /// <summary>Why the node serves no data until it is started again (its journal failed), or null while it does.</summary>
    string? Refusal => null;

    /// <summary>Databases are numbered 0 to this, exclusive.</summary>
    int DatabaseCount { get; }

    /// <summary>The groups of which this node holds a replica, in ascending order of id.</summary>
    IReadOnlyList<GroupStatus> Groups { get; }

    /// <summary>The group of the numbered databases, whether this node holds a replica of it or not.</summary>
    GroupStatus Default { get; }

    /// <summary>The groups of the keyspace that the session has selected, in the order of their slots; at least one.</summary>
    IReadOnlyList<GroupStatus> GroupsOf(SessionState session);

    /// <summary>The one among them that Redis's words for a single master are about (ROLE, INFO): that of the first
    /// slot.</summary>
    GroupStatus GroupOf(SessionState session);

    /// <summary>Nodes, keyspaces and which node holds which, as this node knows it; null when there is no control
    /// plane.</summary>
    ClusterMap? Map => null;

    /// <summary>The leader of the control group as far as known here.</summary>
    NodeId ControlLeader => NodeId.None;

    /// <summary>Whether the control leader does not hear from a node; null when this node is not the control leader.</summary>
    bool? IsSuspected(NodeId node) => null;

    /// <summary>Cuts a region off, or heals it, where regions are played in one process. Why not; null when done.</summary>
    string? CutRegion(string region, bool isCut) => "this node's host plays no regions";

    /// <summary>What became of concurrent writes on this node.</summary>
    ConflictFigures Conflicts => default;

    /// <summary>See <see cref="RepairFigures"/>.</summary>
    RepairFigures Repairs => default;

    /// <summary>Why a text is no script of a merge rule; null when it is one.</summary>
    string? ProblemOf(string script) => null;

    /// <summary>Asks the control group's leader to order a command.</summary>
    /// <returns>A ticket for <see cref="TryTakeAnswer"/>.</returns>
    long AskControl(ControlCommand command) => throw new InvalidOperationException("there is no control plane");

    /// <summary>Asks the control group's leader to let another replica lead; none: any that is fit;
    /// <see cref="Supervisor.NoMore"/>: to give up what was asked for before.</summary>
    /// <param name="group">The group.</param>
    /// <param name="target">The node that is to lead.</param>
    /// <param name="patienceMilliseconds">For how long the leader is asked; 0: as usual, and then it is deposed.</param>
    /// <param name="isForced">After that it is deposed; false: all stays as it was.</param>
    long AskFailover(GroupId group, NodeId target, int patienceMilliseconds = 0, bool isForced = true) =>
        throw new InvalidOperationException("there is no control plane");

    /// <summary>The answer to a question, once; null while it is not there.</summary>
    /// <param name="last">It is not asked for again.</param>
    ControlAnswer? TryTakeAnswer(long ticket, bool last) => null;

    /// <summary>What fail-overs of a group cut off on this node, one line for each entry.</summary>
    IReadOnlyList<string> LostOf(GroupId group) => [];

    /// <summary>The same as commands that can be repeated, in the order in which they were made.</summary>
    IReadOnlyList<LostCommand> LostCommandsOf(GroupId group) => [];

    /// <summary>Forgets one of them. False: there is no such entry.</summary>
    bool ForgetLost(GroupId group, Epoch madeIn, LogIndex index) => false;

    /// <summary>Forgets them.</summary>
    void ClearLost(GroupId group)
    {
    }

    /// <summary>The databases that hold keys, in ascending order.</summary>
    IReadOnlyList<DatabaseStatus> Databases { get; }

    NodeStatistics Statistics { get; }

    /// <summary>Memory and processor time as the host knows them; all zero where they are not measured (simulation).</summary>
    ProcessStatus Process { get; }

    /// <summary>Open connections, in ascending order of id.</summary>
    IEnumerable<SessionState> Sessions { get; }

    /// <summary>The subscriptions of clients of this node.</summary>
    Channels Channels { get; }

    /// <summary>Which replicas are known to hold what the groups of the session's keyspace had applied.</summary>
    /// <param name="session">Whose keyspace.</param>
    /// <param name="applied">Of each group, up to which index.</param>
    WriteHolders HoldersUpTo(SessionState session, IReadOnlyList<(GroupId Group, LogIndex Index)> applied);

    /// <summary>What a write in the session's keyspace has survived on this node when it counts there.</summary>
    Durability DurabilityOf(SessionState session) => Options.Durability;

    /// <summary>The keyspace that the session has selected; null when it is not known, or no more.</summary>
    KeyspaceEntry? KeyspaceOf(SessionState session) => null;

    /// <summary>The leader of a group, as this node knows; none when it does not.</summary>
    NodeId LeaderOf(GroupId group) => NodeId.None;

    /// <summary>Commands of this node's clients wait until then (monotonic, as <see cref="StepTime.Nanoseconds"/>).</summary>
    void BeginPause(long untilNanoseconds, bool readsToo) => throw new InvalidOperationException("there is nothing to pause");

    void EndPause() => throw new InvalidOperationException("there is nothing to pause");

    /// <summary>Peers that this node has considered for its clients' reads, in ascending order of id.</summary>
    IReadOnlyList<ReadPeer> ReadPeers => [];

    /// <summary>Times that a peer got no more reads because it was silent or slow.</summary>
    long ReadEjections => 0;

    /// <summary>What is wrong with this node's groups now, a sentence each.</summary>
    IReadOnlyList<string> StandingAlarms => [];

    /// <summary>Notes in the session's positions how far the state here of its keyspace is.</summary>
    void NotePosition(SessionState session)
    {
    }

    /// <summary>Puts whole RESP values, a published message, into another session's output, between two replies. Ends no
    /// session within the call.</summary>
    void Push(SessionState session, ReadOnlySpan<byte> message);

    /// <summary>Closes another session's connection after what is in its output has been sent.</summary>
    void Close(SessionState session);

    /// <summary>The value of a configuration parameter that the node or its host knows better than the table of
    /// defaults, or null.</summary>
    string? ConfigOf(string name);

    /// <summary>Changes a configuration parameter while running. The value has been checked for its kind.</summary>
    /// <returns>False when this node cannot change it while running.</returns>
    bool TrySetConfig(string name, string value);
}
