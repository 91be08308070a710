using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>How updates become part of what this replica knows: its own, others' deltas, others' states; and what follows for
/// those that it makes next, and for clients that ask.</summary>
internal sealed class Knowledge(MultiLeaderReplica replica)
{
    private readonly ArrayBufferWriter<byte> _delta = new();
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private readonly ArrayBufferWriter<byte> _frame = new();
    private readonly UndurableKeys _undurable = new();
    private PersistPoint _statePoint;

    /// <summary>The last update of this replica's own that a delta told of.</summary>
    public long LastOwn { get; set; }

    /// <summary>What was learnt from others since the last own delta: the next one tells that it depends on it.</summary>
    public DotContext Growth { get; } = new();

    /// <summary>Because states were merged, something may be shown that depends on updates among these which are not seen
    /// yet.</summary>
    public DotContext CausalAfter { get; } = new();

    /// <summary>Whatever is shown here, all that it depends on is shown too.</summary>
    public bool IsCausal
    {
        get
        {
            if (CausalAfter.Count == 0) return true;
            for (var i = 0; i < CausalAfter.Count; i++)
                if (!replica.Machine.Seen.Covers(CausalAfter[i]) && replica.IsMember(CausalAfter[i].Node)) return false;
            CausalAfter.Clear();
            return true;
        }
    }

    /// <summary>A delta of this replica's own, of all its updates since the last.</summary>
    public void AddOwn(ReadOnlySpan<byte> delta, ulong keyHash = 0)
    {
        var run = new DotRun(replica.Self, LastOwn, replica.Machine.Seen.LastOf(replica.Self));
        LastOwn = run.UpTo;
        _scratch.ResetWrittenCount();
        if (Growth.Count > 0) Growth.Encode(_scratch);
        AddOwn(run, delta, _scratch.WrittenSpan);
        Growth.Clear();
        _undurable.Mark(keyHash, replica.Log.End);
    }

    /// <summary>Tells the others of which updates of this replica's earlier lives none is to be waited for. Not of those that it
    /// has again. Breaks otherwise: 1. A makes an update, which reaches B. 2. A forgets it, and gets it back from B. 3. A tells C
    /// that nothing of its earlier lives is missing. 4. C, which has never had the update, takes it for removed, and says so to A
    /// and B.</summary>
    public void CloseGaps()
    {
        _delta.ResetWrittenCount();
        while (replica.Machine.CloseGap(_delta, out var gap))
        {
            // It depends on nothing else: what this replica has learnt may itself depend on updates that are gone with that.
            AddOwn(gap, _delta.WrittenSpan, []);
            _delta.ResetWrittenCount();
        }
    }

    /// <summary>A delta of another was merged.</summary>
    public void OnMerged(in Frame frame)
    {
        replica.Log.Add(frame.Run, frame.Bytes, replica.Now.Nanoseconds);
        replica.Journal.Add(frame.Bytes);
        Growth.Add(frame.Run);
        _undurable.Mark(0, replica.Log.End);
    }

    /// <summary>False: it could not be merged, now or ever; it was counted.</summary>
    public bool TryMergeState(ReadOnlySpan<byte> state, DotContext shows)
    {
        var result = replica.Machine.TryMerge(state, replica.Now);
        if (result.Kind == MergeKind.TooFarAhead) replica.Counters.StampsRefused++;
        else if (result.Kind == MergeKind.Malformed) replica.Counters.Malformed++;
        if (result.Kind is not (MergeKind.Merged or MergeKind.Known)) return false;
        replica.Counters.Conflicts += result.Conflicts;
        CausalAfter.Join(shows);
        Growth.Join(shows);
        replica.Journal.SaveState(shows, state, replica.Out);
        _statePoint = replica.Options.Durable ? replica.Journal.LastPoint : default;
        return true;
    }

    /// <summary>All states of a sender were merged that had seen <paramref name="adopts"/> before it sent the first.</summary>
    public bool TryAdopt(ReadOnlySpan<byte> summary, DotContext adopts)
    {
        var gained = Contexts.Minus(adopts, replica.Machine.Seen);
        if (!replica.Machine.TryAdopt(summary)) return false;
        replica.Log.Base.Join(gained);
        Growth.Join(adopts);
        replica.Journal.SaveSummary(gained, summary, replica.Out);
        return true;
    }

    /// <summary>The same, of keys that are known: they can be told on.</summary>
    public bool TryAdoptChanges(ReadOnlySpan<byte> summary, DotContext adopts, HashSet<byte[]> keys)
    {
        if (replica.DeltaKeys is null || replica.Options.Ship != Ship.State) return TryAdopt(summary, adopts);
        var gained = Contexts.Minus(adopts, replica.Machine.Seen);
        if (!replica.Machine.TryAdopt(summary)) return false;
        Growth.Join(adopts);
        // What is in the log before is confirmed with its own record, what follows with the summary's.
        replica.Journal.Flush(replica.Out);
        _scratch.ResetWrittenCount();
        foreach (var key in keys) Packing.WriteBytes(_scratch, key);
        for (var i = 0; i < gained.Count; i++)
            replica.Log.Add(gained[i], _scratch.WrittenSpan, replica.Now.Nanoseconds, isKeys: true);
        replica.Journal.SaveSummary(gained, summary, replica.Out);
        return true;
    }

    /// <summary>Adds the keys that an item of the log is about.</summary>
    public bool TryKeysOf(in LogItem item, HashSet<byte[]> keys)
    {
        var bytes = item.Bytes;
        if (!item.IsKeys) return Frame.TryRead(ref bytes, out var frame) && replica.DeltaKeys!.TryKeysOf(frame.Delta, keys);
        var reader = new PackedReader(bytes);
        while (reader.TryBytes(out var key)) keys.Add(key.ToArray());
        return true;
    }

    /// <summary>All that a state written now may show.</summary>
    public DotContext Shows()
    {
        var shows = replica.Machine.Seen.Copy();
        if (!IsCausal) shows.Join(CausalAfter);
        return shows;
    }

    private void AddOwn(in DotRun run, ReadOnlySpan<byte> delta, ReadOnlySpan<byte> dependencies)
    {
        _frame.ResetWrittenCount();
        Frame.Write(_frame, run, dependencies, delta);
        replica.Log.Add(run, _frame.WrittenSpan, replica.Now.Nanoseconds);
        replica.Journal.Add(_frame.WrittenSpan);
        replica.Counters.OwnDeltas++;
    }

    public bool ShowsUndurable(ulong keyHash) =>
        replica.Options.Durable
            && (_undurable.Contains(keyHash, replica.Journal.DurableEnd) || _statePoint > replica.Journal.DurablePoint);
}
