using System.Buffers.Binary;

namespace Quorate.Replication.Ordered;

/// <summary>
/// What of an ordered replica's log is in the node's journal, and how far it is durable. Entries are written in the order of the
/// log. A strategy derives its own, which adds the records of its own state. One caller at a time.
/// <para>Invariant: <c>DurableIndex &lt;= JournaledIndex &lt;=</c> the log's last index.</para>
/// </summary>
/// <typeparam name="TStamp">Of the log.</typeparam>
/// <param name="isDurable">False: entries are kept in memory only, and count as durable once they are in the log
/// (<c>durability memory</c>).</param>
public abstract class OrderedJournal<TStamp>(bool isDurable)
    where TStamp : struct, IStamp<TStamp>
{
    private readonly Queue<SavedEntries> _waiting = new();
    private readonly Queue<SavedEntries> _kept = new();
    private byte[] _scratch = new byte[4096];
    private LogIndex _truncatedTo = new(long.MaxValue);
    private PersistPoint _truncationPoint;
    private long _keptBytes;
    private (PersistPoint After, PersistPoint Before)? _release;

    /// <summary>Entries up to here were handed to the journal.</summary>
    public LogIndex JournaledIndex { get; private set; }

    /// <summary>Entries of the present log up to here are durable (with <c>durability memory</c>: are in memory).</summary>
    public LogIndex DurableIndex { get; private set; }

    /// <summary>When the newest entries are durable.</summary>
    public PersistPoint EntriesPoint { get; private set; }

    /// <summary>The journal is durable up to here.</summary>
    public PersistPoint DurablePoint { get; private set; }

    /// <summary>Bytes of entries journaled since the last snapshot.</summary>
    public long BytesSinceSnapshot { get; private set; }

    /// <summary>Bytes of entries handed to the journal and not durable yet.</summary>
    public long WaitingBytes { get; private set; }

    /// <summary>Hands the entries that are new since the last call to the journal, one record per run of frames.</summary>
    public void SaveEntries(FrameLog<TStamp> log, Effects effects)
    {
        if (!isDurable)
        {
            JournaledIndex = DurableIndex = log.LastIndex;
            return;
        }

        while (JournaledIndex < log.LastIndex)
        {
            var first = JournaledIndex.Next;
            var frames = log.Frames(first, long.MaxValue, out var last).Span;
            var length = EntriesRecord.HeaderBytes + frames.Length;
            if (_scratch.Length < length) _scratch = new byte[Math.Max(length, 2 * _scratch.Length)];
            EntriesRecord.WriteHeader(_scratch, first, log.StampAt(first.Previous).Value);
            frames.CopyTo(_scratch.AsSpan(EntriesRecord.HeaderBytes));
            Save(_scratch.AsSpan(0, length), last, effects);
        }
    }

    /// <summary>Everything up to <paramref name="durable"/> is safe.</summary>
    public void OnPersisted(PersistPoint durable, Effects effects)
    {
        if (_release is { } release && release.After <= durable)
        {
            effects.Release(release.Before);
            _release = null;
        }

        if (durable > DurablePoint) DurablePoint = durable;
        while (_waiting.TryPeek(out var oldest) && oldest.Point <= durable)
        {
            _waiting.Dequeue();
            WaitingBytes -= oldest.Bytes;
            // Records from before a truncation promise no more than what was kept of them.
            var last = oldest.Point <= _truncationPoint ? LogIndex.Min(oldest.Last, _truncatedTo) : oldest.Last;
            DurableIndex = LogIndex.Max(DurableIndex, last);
        }
    }

    /// <summary>The log has lost its entries from <paramref name="from"/> on.</summary>
    public void TruncateFrom(LogIndex from, Effects effects)
    {
        var last = from.Previous;
        // Several truncations may await the same records: the lowest holds for all that were written before it.
        var isAwaited = _waiting.TryPeek(out var oldest) && oldest.Point <= _truncationPoint;
        _truncatedTo = isAwaited ? LogIndex.Min(_truncatedTo, last) : last;
        _truncationPoint = EntriesPoint;
        JournaledIndex = LogIndex.Min(JournaledIndex, last);
        DurableIndex = LogIndex.Min(DurableIndex, last);
        if (isDurable) SaveTruncation(from, effects);
    }

    /// <summary>A snapshot up to <paramref name="index"/>, an entry of <paramref name="stamp"/>, took the place of the log, or of
    /// its prefix.</summary>
    /// <param name="keptSuffix">The entries after it are still in the log.</param>
    public void JumpTo(LogIndex index, TStamp stamp, bool keptSuffix, Effects effects)
    {
        if (keptSuffix)
        {
            JournaledIndex = LogIndex.Max(JournaledIndex, index);
            DurableIndex = LogIndex.Max(DurableIndex, index);
        }
        else
        {
            _waiting.Clear();
            WaitingBytes = 0;
            JournaledIndex = DurableIndex = index;
        }

        SaveJump(index, stamp, keptSuffix, effects);
    }

    /// <summary>Notes a record of entries up to <paramref name="last"/> that was read back.</summary>
    public void NoteRecovered(PersistPoint point, LogIndex last, int bytes) => Keep(new SavedEntries(point, last, bytes));

    /// <summary>All that was recovered is durable: the log up to <paramref name="lastIndex"/>, and the strategy's records up to
    /// <paramref name="ownPoint"/>.</summary>
    public void StartAt(LogIndex lastIndex, PersistPoint ownPoint)
    {
        JournaledIndex = DurableIndex = lastIndex;
        DurablePoint = EntriesPoint > ownPoint ? EntriesPoint : ownPoint;
    }

    /// <summary>A record of <paramref name="kind"/> with numbers, at most four.</summary>
    protected static PersistPoint SaveNumbers(byte kind, Effects effects, params ReadOnlySpan<long> numbers)
    {
        Span<byte> record = stackalloc byte[1 + (4 * sizeof(long))];
        record[0] = kind;
        var length = 1;
        foreach (var number in numbers)
        {
            BinaryPrimitives.WriteInt64LittleEndian(record[length..], number);
            length += sizeof(long);
        }

        return effects.Append(record[..length]);
    }

    /// <summary>Appends a record that stands for the entries up to <paramref name="last"/>; without durability only notes that
    /// they are here.</summary>
    protected void Save(ReadOnlySpan<byte> record, LogIndex last, Effects effects)
    {
        JournaledIndex = last;
        if (!isDurable)
        {
            DurableIndex = last;
            return;
        }

        var saved = new SavedEntries(effects.Append(record), last, record.Length);
        Keep(saved);
        _waiting.Enqueue(saved);
        WaitingBytes += record.Length;
    }

    /// <summary>Raft and chains need no record of a truncation: it happens only to put other entries there.</summary>
    protected virtual void SaveTruncation(LogIndex from, Effects effects)
    {
    }

    /// <summary>Raft and chains need no record of a jump: their recovery passes over entries that contradict the
    /// snapshot.</summary>
    protected virtual void SaveJump(LogIndex index, TStamp stamp, bool keptSuffix, Effects effects)
    {
    }

    /// <summary>A snapshot up to <paramref name="index"/> is durable: gives up the records of entries up to there, and all others
    /// before <paramref name="mark"/>, which the strategy has written again.</summary>
    /// <param name="mark">The record that says so.</param>
    /// <param name="last">The last record written again. The older ones go only when this one is durable: what it says must never
    /// be in neither.</param>
    /// <param name="keepAfter">Records with entries after this one are kept...</param>
    /// <param name="mostKeptBytes">...unless all that are kept have more bytes.</param>
    protected void ReleaseThrough(
        LogIndex index, PersistPoint mark, PersistPoint last, LogIndex keepAfter, long mostKeptBytes = long.MaxValue)
    {
        while (_kept.TryPeek(out var oldest) && oldest.Last <= index && (oldest.Last <= keepAfter || _keptBytes > mostKeptBytes))
            _keptBytes -= _kept.Dequeue().Bytes;
        BytesSinceSnapshot = 0;
        _release = (last, _kept.TryPeek(out var needed) ? needed.Point : mark);
    }

    private void Keep(SavedEntries saved)
    {
        EntriesPoint = saved.Point;
        _kept.Enqueue(saved);
        _keptBytes += saved.Bytes;
        BytesSinceSnapshot += saved.Bytes;
    }

    /// <summary>A record of entries up to <paramref name="Last"/>.</summary>
    private readonly record struct SavedEntries(PersistPoint Point, LogIndex Last, int Bytes);
}
