namespace Quorate.Replication.Ordered;

/// <summary>
/// Makes a replica's own snapshots, a piece a turn, and knows the newest sealed one. Only one snapshot at a time is written on
/// a node for a group: this one gives way to one that is received (<see cref="Inbox"/>). One caller at a time. [Raft §5]
/// </summary>
public sealed class SnapshotMaker
{
    private SnapshotWalk? _walk;
    private SnapshotHeader? _header;
    private bool _isDamaged;

    /// <param name="storage">this group's snapshots on this node</param>
    /// <param name="machine">the state</param>
    /// <param name="sizes">bounds of snapshots, pieces and the log kept beside them</param>
    /// <param name="owner">the strategy's part</param>
    public SnapshotMaker(ISnapshots storage, IStateMachine machine, SnapshotSizes sizes, ISnapshotOwner owner)
    {
        (Storage, Machine, Sizes, Owner) = (storage, machine, sizes, owner);
        Inbox = new SnapshotInbox(this);
    }

    /// <summary>The snapshot that is being received.</summary>
    public SnapshotInbox Inbox { get; }

    /// <summary>The newest sealed snapshot, made or received; 0 when there is none.</summary>
    public LogIndex SealedIndex { get; private set; }

    public long SealedBytes { get; private set; }

    public bool IsBusy => _walk is not null;

    /// <summary>The last entry in the snapshot that is being made; 0 when none is.</summary>
    public LogIndex IndexInMaking => _header?.Index ?? default;

    /// <summary>Log kept for a replica that is being filled, in bytes: while a snapshot is made, sent and put in place, as much
    /// as the state takes twice may be written, and if the log forgot that meanwhile, the snapshot would be of no use.</summary>
    public long FillBytes => Math.Max(4 * Sizes.MaxLagBytes, 2 * Math.Max(SealedBytes, _walk?.Bytes ?? 0));

    internal ISnapshots Storage { get; }

    internal IStateMachine Machine { get; }

    internal SnapshotSizes Sizes { get; }

    internal ISnapshotOwner Owner { get; }

    /// <summary>Puts the newest sealed snapshot in place of the state, before anything else is asked of the replica.</summary>
    /// <param name="header">null: there is none</param>
    /// <returns>False: there is one, and it cannot be read. The replica must not start.</returns>
    public bool TryRestoreNewest(out SnapshotHeader? header)
    {
        using var reader = Storage.OpenNewest();
        header = reader?.Header;
        if (reader is null) return true;
        var target = Machine.BeginRestore();
        var bytes = 0L;
        for (var i = 0; i < reader.PieceCount; i++)
        {
            if (!reader.TryRead(i, out var piece) || !target.TryAccept(piece.Span)) return false;
            bytes += piece.Length;
        }

        target.Complete();
        NoteSealed(reader.Header.Index, bytes);
        return true;
    }

    /// <summary>This snapshot is the newest sealed one now.</summary>
    public void NoteSealed(LogIndex index, long bytes)
    {
        SealedIndex = index;
        SealedBytes = bytes;
        _isDamaged = false;
    }

    /// <summary>True when the newest sealed snapshot leaves no gap before a log that begins after
    /// <paramref name="baseIndex"/>.</summary>
    public bool CanServe(LogIndex baseIndex) => SealedIndex.Value > 0 && SealedIndex >= baseIndex && !_isDamaged;

    /// <summary>The state is another one now: what was sealed or begun belongs to a past that is not the group's.</summary>
    public void Forget()
    {
        Abandon();
        NoteSealed(default, 0);
    }

    /// <summary>Begins one at <see cref="ISnapshotOwner.LastApplied"/>, unless one is being made or received, the rules forbid
    /// it, or there is nothing new to tell.</summary>
    public void Begin()
    {
        Inbox.DropOvertaken();
        if (IsBusy || Inbox.IsInstalling || !Owner.MayMakeSnapshot) return;
        if ((Owner.LastApplied <= SealedIndex && !_isDamaged) || Owner.LastApplied.Value == 0) return;
        _header = Owner.MakeHeader();
        _walk = new SnapshotWalk(Machine.BeginSnapshot(), Storage.Create(_header), Sizes.PieceBytes);
    }

    /// <summary>Begins one that a replica waits for.</summary>
    public void BeginForAwaiting()
    {
        Begin();
        if (_walk is not null) _walk.IsAwaited = true;
    }

    /// <summary>Begins one when enough log was written since the last.</summary>
    public void BeginIfDue()
    {
        if (Owner.BytesSinceSnapshot > Math.Max(Sizes.ThresholdBytes, 2 * SealedBytes)) Begin();
    }

    public void OnTick() => _walk?.OnTick();

    public void OnTurnEnd()
    {
        BeginIfDue();
        _walk?.OnTurnEnd();
    }

    /// <summary>What is being made is given up: another snapshot takes the only place, or the state is found wrong.</summary>
    public void Abandon()
    {
        _walk?.Close();
        (_walk, _header) = (null, null);
    }

    /// <summary>The storage says of a snapshot, made here or received, that it is durable or could not be written.</summary>
    public void OnSealed(LogIndex index, bool saved)
    {
        if (Inbox.OnSealed(index, saved) || _walk is not { IsSealing: true } walk || index != _header!.Index) return;
        var header = _header;
        Abandon();
        if (!saved) return;
        NoteSealed(index, walk.Bytes);
        Owner.OnSnapshotMade(header);
    }

    /// <summary>The sealed snapshot cannot be used: another must be made.</summary>
    internal void NoteDamaged() => _isDamaged = true;
}
