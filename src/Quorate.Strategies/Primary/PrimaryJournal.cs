using System.Buffers;
using System.Buffers.Binary;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>First byte of a record.</summary>
internal enum RecordKind : byte
{
    /// <summary>[configuration]: accepted.</summary>
    Configuration = 1,

    /// <summary>[i64 first index][i64 epoch of the entry before][frames]: follow the entries before.</summary>
    Entries = 2,

    /// <summary>[i64 from]: the entries from there on are given up.</summary>
    Truncate = 3,

    /// <summary>[]: entries that were given up had been applied; the state is of no use.</summary>
    StateLost = 4,

    /// <summary>[i64 index][i64 epoch][u8 the log goes on]: a snapshot took the place of the state and of the log up to there.</summary>
    Reset = 5,

    /// <summary>[i64 index][i64 epoch]: a snapshot up to there was sealed.</summary>
    SnapshotMark = 6,

    /// <summary>[i64 incarnation]: from here on entries were kept in memory only.</summary>
    MemoryMode = 7,

    /// <summary>[]: has caught up; what was forgotten is known again.</summary>
    Remembers = 8,

    /// <summary>[i64 from][i64 to][i64 epoch of to][u32 length][history][effect]: leads from the state at one to that at the other.</summary>
    Changes = 9,
}

/// <summary>What of the replica is in the journal, and how far it is durable.</summary>
internal sealed class PrimaryJournal(PrimaryOptions options)
{
    /// <summary>What a primary's log holds.</summary>
    public const EntryKinds Kinds = EntryKinds.Command | EntryKinds.NoOp | EntryKinds.Effect;

    private readonly Queue<(PersistPoint Point, LogIndex Last)> _waiting = new();
    private readonly Queue<(PersistPoint Point, LogIndex Last, int Bytes)> _records = new();
    private readonly ArrayBufferWriter<byte> _configuration = new();
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

    /// <summary>When the newest configuration, and all that was journaled with it, is durable.</summary>
    public PersistPoint ConfigurationPoint { get; private set; }

    public PersistPoint DurablePoint { get; private set; }

    /// <summary>Bytes of entries journaled since the last snapshot.</summary>
    public long BytesSinceSnapshot { get; private set; }

    public PersistPoint SaveConfiguration(GroupConfiguration configuration, Effects effects)
    {
        _configuration.ResetWrittenCount();
        Wire.WriteFlags(_configuration, (byte)RecordKind.Configuration);
        ConfigurationCodec.Write(_configuration, configuration);
        return ConfigurationPoint = effects.Append(_configuration.WrittenSpan);
    }

    /// <summary>Hands the entries that are new since the last call to the journal, one record per run of frames.</summary>
    public void SaveEntries(FrameLog<Epoch> log, Effects effects)
    {
        if (!options.Durable)
        {
            JournaledIndex = DurableIndex = log.LastIndex;
            return;
        }

        while (JournaledIndex < log.LastIndex)
        {
            var first = JournaledIndex.Next;
            var frames = log.Frames(first, long.MaxValue, out var last).Span;
            var length = 17 + frames.Length;
            if (_scratch.Length < length) _scratch = new byte[Math.Max(length, 2 * _scratch.Length)];
            _scratch[0] = (byte)RecordKind.Entries;
            BinaryPrimitives.WriteInt64LittleEndian(_scratch.AsSpan(1), first.Value);
            BinaryPrimitives.WriteInt64LittleEndian(_scratch.AsSpan(9), log.StampAt(first.Previous).Value);
            frames.CopyTo(_scratch.AsSpan(17));
            Note(effects.Append(_scratch.AsSpan(0, length)), last, length);
            JournaledIndex = last;
        }
    }

    /// <summary>The newest state stands in for the entries up to <paramref name="to"/>.</summary>
    public void SaveChanges(LogIndex from, LogIndex to, Epoch epoch, ReadOnlySpan<byte> history, ReadOnlySpan<byte> effect, Effects effects)
    {
        if (options.Durable)
        {
            var record = new ArrayBufferWriter<byte>(64 + history.Length + effect.Length);
            Wire.WriteFlags(record, (byte)RecordKind.Changes);
            Wire.Write(record, from.Value, to.Value, epoch.Value);
            Wire.WriteBytes(record, history);
            record.Write(effect);
            Note(effects.Append(record.WrittenSpan), to, record.WrittenCount);
        }

        JournaledIndex = to;
        if (!options.Durable) DurableIndex = to;
    }

    public PersistPoint SaveMark(RecordKind kind, Effects effects, params ReadOnlySpan<long> numbers)
    {
        Span<byte> record = stackalloc byte[1 + (3 * sizeof(long))];
        record[0] = (byte)kind;
        for (var i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(record[(1 + (i * sizeof(long)))..], numbers[i]);
        return effects.Append(record[..(1 + (numbers.Length * sizeof(long)))]);
    }

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
            // Records from before a truncation promise no more than what was kept of them.
            var last = oldest.Point <= _truncationPoint ? LogIndex.Min(oldest.Last, _truncatedTo) : oldest.Last;
            DurableIndex = LogIndex.Max(DurableIndex, last);
        }
    }

    public void TruncateFrom(LogIndex from, Effects effects)
    {
        var last = from.Previous;
        // Several truncations may await the same records: the lowest holds for all that were written before it.
        _truncatedTo = _waiting.Count > 0 && _waiting.Peek().Point <= _truncationPoint ? LogIndex.Min(_truncatedTo, last) : last;
        _truncationPoint = EntriesPoint;
        JournaledIndex = LogIndex.Min(JournaledIndex, last);
        DurableIndex = LogIndex.Min(DurableIndex, last);
        if (options.Durable) SaveMark(RecordKind.Truncate, effects, from.Value);
    }

    /// <summary>A snapshot up to <paramref name="index"/> took the place of the log, or of its prefix.</summary>
    public PersistPoint JumpTo(LogIndex index, Epoch epoch, bool keptSuffix, Effects effects)
    {
        if (keptSuffix)
        {
            JournaledIndex = LogIndex.Max(JournaledIndex, index);
            DurableIndex = LogIndex.Max(DurableIndex, index);
        }
        else
        {
            _waiting.Clear();
            JournaledIndex = DurableIndex = index;
        }

        return SaveMark(RecordKind.Reset, effects, index.Value, epoch.Value, keptSuffix ? 1 : 0);
    }

    /// <summary>Notes a record of entries that was read back.</summary>
    public void NoteRecovered(PersistPoint point, LogIndex last, int bytes)
    {
        Note(point, last, bytes);
        _waiting.Clear();
    }

    /// <summary>Notes any other record that was read back.</summary>
    public void NoteRecovered(PersistPoint point, bool isConfiguration)
    {
        if (isConfiguration) ConfigurationPoint = point;
    }

    /// <summary>What was recovered is durable.</summary>
    public void StartAt(LogIndex lastIndex)
    {
        JournaledIndex = DurableIndex = lastIndex;
        DurablePoint = EntriesPoint > ConfigurationPoint ? EntriesPoint : ConfigurationPoint;
    }

    /// <summary>A snapshot up to <paramref name="index"/> is durable: marks it, writes what is still needed of the older
    /// records again and gives them up, but for those with entries after <paramref name="keepAfter"/>, within the bound of
    /// <see cref="PrimaryOptions.MaxLagBytes"/>: somebody may lack them, or they may be lost and wanted back.</summary>
    /// <param name="memoryMode">the incarnation to tell of that kept entries in memory only; 0 for none</param>
    /// <returns>When the mark is durable.</returns>
    public PersistPoint MarkSnapshot(
        LogIndex index, Epoch epoch, LogIndex keepAfter, GroupConfiguration? configuration, long memoryMode, Effects effects)
    {
        var mark = SaveMark(RecordKind.SnapshotMark, effects, index.Value, epoch.Value);
        var last = mark;
        if (memoryMode != 0) last = SaveMark(RecordKind.MemoryMode, effects, memoryMode);
        if (configuration is not null) last = SaveConfiguration(configuration, effects);
        while (_records.TryPeek(out var oldest)
            && (oldest.Last <= LogIndex.Min(index, keepAfter) || (oldest.Last <= index && _keptBytes > options.MaxLagBytes)))
        {
            _keptBytes -= _records.Dequeue().Bytes;
        }

        BytesSinceSnapshot = 0;
        // The older records go only when these are durable: a configuration must never be in neither.
        _release = (last, _records.TryPeek(out var needed) ? needed.Point : mark);
        return last;
    }

    private void Note(PersistPoint point, LogIndex last, int bytes)
    {
        EntriesPoint = point;
        _waiting.Enqueue((point, last));
        _records.Enqueue((point, last, bytes));
        _keptBytes += bytes;
        BytesSinceSnapshot += bytes;
    }
}
