using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Cluster.Maps;

/// <summary>How a control entry ended.</summary>
/// <param name="Refusal">Null when it was done; else why not, in a sentence for the user.</param>
/// <param name="MapVersion">Of the map after it.</param>
public readonly record struct ControlResult(string? Refusal, long MapVersion)
{
    public bool IsDone => Refusal is null;
}

/// <summary>Hears how the entries that this node proposed ended.</summary>
public interface IControlListener
{
    void OnResult(RequestId request, ControlResult result);
}

/// <summary>
/// What the control group replicates: the cluster's map. Every command is a compare-and-set or is checked against the map
/// as it is when the entry is applied, so that a decision made on an older map is refused and changes nothing.
/// </summary>
public sealed class ControlMachine(IControlListener? listener = null, StrategySet? strategies = null) : IStateMachine
{
    /// <summary>The group of the sixteen numbered databases.</summary>
    public static readonly GroupId DefaultGroup = new(1);

    /// <summary>The group that replicates this machine.</summary>
    public static readonly GroupId ControlGroup = new(2);

    /// <summary>Ids up to this are not given to groups of keyspaces.</summary>
    internal const int LastReservedGroup = 15;

    public ClusterMap Map { get; private set; } = ClusterMap.First();

    public LogIndex LastApplied { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="InvariantViolation">when the payload is no entry: what is committed was checked before.</exception>
    public bool Apply(LogIndex index, ReadOnlySpan<byte> payload, RequestId request)
    {
        Invariant.Require(index > LastApplied, "entries are applied in the order of the log");
        LastApplied = index;
        if (payload.IsEmpty) return true; // a leader's first entry
        Invariant.Require(
            ControlCodec.TryDecode(payload, out var command, strategies),
            "a committed payload is an entry, and its strategy one that this node has");
        var refusal = Execute(command!);
        if (refusal is null) Map.Version++;
        if (!request.IsNone) listener?.OnResult(request, new ControlResult(refusal, Map.Version));
        return true;
    }

    /// <summary>Why the command would be refused if it were applied now; null when it would be done. Changes nothing.</summary>
    public string? WhyNot(ControlCommand command) => Find(command, out _);

    /// <inheritdoc/>
    public ISnapshotSource BeginSnapshot() => new ControlSnapshotSource(Map, LastApplied);

    /// <inheritdoc/>
    public ISnapshotTarget BeginRestore() => new ControlSnapshotTarget(this, strategies);

    internal void Replace(ClusterMap map, LogIndex lastApplied) => (Map, LastApplied) = (map, lastApplied);

    private string? Execute(ControlCommand command)
    {
        var refusal = Find(command, out var change);
        if (refusal is null) change!();
        return refusal;
    }

    /// <summary>Looks whether a command can be done and what it changes.</summary>
    private string? Find(ControlCommand command, out Action? change) => command switch
    {
        Bootstrap c => NodeChanges.Find(Map, c, out change),
        AddNode c => NodeChanges.Find(Map, c, out change),
        JoinNode c => NodeChanges.Find(Map, c, out change),
        SetVoters c => VoterChanges.Find(Map, c, out change),
        SetLabels c => NodeChanges.Find(Map, c, out change),
        AdmitNode c => NodeChanges.Find(Map, c, out change),
        DrainNode c => NodeChanges.Find(Map, c, out change),
        RemoveNode c => NodeChanges.Find(Map, c, out change),
        CreateKeyspace c => KeyspaceChanges.Find(Map, c, out change),
        AlterKeyspace c => KeyspaceChanges.Find(Map, c, out change),
        DropKeyspace c => KeyspaceChanges.Find(Map, c, out change),
        SetDefaultPolicy c => KeyspaceChanges.Find(Map, c, out change),
        SetConfiguration c => GroupChanges.Find(Map, c, out change),
        Seal c => GroupChanges.Find(Map, c, out change),
        Settle c => GroupChanges.Find(Map, c, out change),
        _ => throw new InvariantViolation($"the machine knows every command, {command.GetType().Name} too"),
    };
}
