namespace Quorate.Replication;

/// <summary>
/// One node's membership of one group: a deterministic function of its inputs. Everything that happens to it
/// comes in through these methods, everything it does goes out through <see cref="Effects"/>. It reads no clock,
/// rolls no dice but its seeded <see cref="Prng"/>, starts no thread and touches no file or socket, so that the
/// simulator runs the very code that ships. Not thread-safe: one caller at a time.
/// </summary>
public interface IReplica
{
    /// <summary>Feeds one record of this group back, in the order it was appended, before <see cref="Start"/>.
    /// False: the record makes no sense here; the journal is damaged and the node must not start.</summary>
    bool Recover(ReadOnlySpan<byte> record, PersistPoint point);

    /// <summary>Called once, after the last <see cref="Recover"/> and before any other input.</summary>
    void Start(StepTime now, Effects effects);

    /// <summary>A client's request. The outcome comes by <see cref="Effects.Reply"/>, or for a committed write through
    /// <see cref="IStateMachine.Apply"/> with the request's id. A replica of a merging strategy is given the command with
    /// reads as well, hands the reply to <see cref="IMergeMachine.Keep"/>, and then says
    /// <see cref="OutcomeKind.Done"/>.</summary>
    void OnRequest(in ReplicaRequest request, StepTime now, Effects effects);

    /// <summary>A message of another replica of the group. Its memory is the caller's and valid during the call only.</summary>
    void OnMessage(NodeId from, Message message, StepTime now, Effects effects);

    /// <summary>Time has passed; called about every <see cref="TickLength"/>.</summary>
    void OnTick(StepTime now, Effects effects);

    /// <summary>Every record up to <paramref name="durable"/> is safe on this node.</summary>
    void OnPersisted(PersistPoint durable, StepTime now, Effects effects);

    /// <summary>A snapshot that this replica sealed is durable, or could not be written.</summary>
    void OnSnapshotSealed(LogIndex index, bool saved, StepTime now, Effects effects);

    /// <summary>Everything that was ready together has been handed in: the moment to form one batch of it.</summary>
    void OnTurnEnd(StepTime now, Effects effects);

    /// <summary>The replica has put off work that it could do now: it wants another turn soon, though nothing comes in.</summary>
    bool HasMoreToDo => false;

    /// <summary>True when a read executed on the local state right now is linearizable (a leader under its lease that
    /// has applied all it must).</summary>
    bool MayReadLocally(StepTime now);

    /// <summary>Who orders this group's writes, as far as this replica knows; none when unknown.</summary>
    NodeId Leader { get; }

    /// <summary>True when this replica takes writes itself.</summary>
    bool IsLeader { get; }

    /// <summary>Where the state stands in the group's order; null for strategies without one.</summary>
    IHistory? History => null;

    /// <summary>Those that this replica feeds, in ascending order of id; empty where it feeds none. Allocates.</summary>
    IReadOnlyList<FollowerView> Followers => [];

    /// <summary>What is wrong with this replica right now and somebody should know, in a sentence without its end; null:
    /// nothing.</summary>
    string? Alarm => null;

    /// <summary>This replica applies entries so many milliseconds after they arrived, on purpose; 0: at once.</summary>
    long DelayMilliseconds => 0;

    /// <summary>Zeros where data does not merge.</summary>
    RepairFigures Repairs => default;

    /// <summary>Appends one line of text that says all that matters of the state: traces, golden scripts, status pages.</summary>
    void Describe(System.Text.StringBuilder text);

    /// <summary>Throws <see cref="InvariantViolation"/> if the state contradicts itself. The simulator calls it after every
    /// step.</summary>
    void CheckInvariants();

    /// <summary>Length of a tick in milliseconds.</summary>
    public const int TickLength = 10;
}

/// <summary>What a client (or operator) asks of a replica.</summary>
public enum RequestKind : byte
{
    /// <summary>Order <see cref="ReplicaRequest.Payload"/> and apply it.</summary>
    Write,

    /// <summary>Tell when the local state may be read so that the read is linearizable.</summary>
    Read,

    /// <summary>Hand leadership to <see cref="ReplicaRequest.Target"/>.</summary>
    TransferLeadership,

    /// <summary>Change the members to the configuration encoded in <see cref="ReplicaRequest.Payload"/>.</summary>
    ChangeMembership,
}

/// <summary>One request; the payload is valid during the call only.</summary>
public readonly ref struct ReplicaRequest
{
    public required RequestId Id { get; init; }

    public required RequestKind Kind { get; init; }

    public ReadOnlySpan<byte> Payload { get; init; }

    public NodeId Target { get; init; }

    /// <summary>Hash of the one key the request is about; 0 when it is about several or all. A replica that knows its
    /// unfinished writes by key answers reads of other keys without waiting for them.</summary>
    public ulong KeyHash { get; init; }
}
