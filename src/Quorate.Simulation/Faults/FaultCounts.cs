namespace Quorate.Simulation.Faults;

/// <summary>The faults that the simulator can inject.</summary>
public enum FaultKind : byte
{
    ProcessCrash,
    PowerLoss,
    PowerLossOfAll,
    TornWrite,
    LostWrite,
    LostName,
    Pause,
    Suspend,
    Partition,
    OneWayPartition,
    BridgePartition,
    Isolation,
    HeldMessage,
    LostMessage,
    DuplicatedMessage,
    ReorderedMessage,
    CorruptedMessage,
    SlowNetwork,
    SlowDisk,
    SyncError,
    DiskFull,
    BitRot,
    SnapshotFailure,
    ClockJump,
    LeadershipTransfer,
    MembershipChange,
    RefusedStart,
    ClientGone,
    FailoverAsked,
    NodeDrained,
    NodeUndrained,
    ReadsAltered,
    KeyspaceCreated,
    KeyspaceDropped,
    RegionCut,

    /// <summary>A node had more to apply than a turn holds, and its next turn was late.</summary>
    LateTurn,
}

/// <summary>How often each kind of fault was injected: a run that injected nothing tested nothing, and shows it.</summary>
public sealed class FaultCounts
{
    private readonly long[] _counts = new long[Enum.GetValues<FaultKind>().Length];

    public long this[FaultKind kind] => _counts[(int)kind];

    public long Total => _counts.Sum();

    public void Add(FaultKind kind) => _counts[(int)kind]++;

    public void Add(FaultCounts other)
    {
        for (var i = 0; i < _counts.Length; i++) _counts[i] += other._counts[i];
    }

    public override string ToString() => string.Join(
        ", ", Enum.GetValues<FaultKind>().Where(k => this[k] > 0).Select(k => $"{k} {this[k]}"));
}
