using System.Buffers.Binary;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>First byte of a chain record.</summary>
internal enum RecordKind : byte
{
    /// <summary>[u8 flags][i64 epoch][i32 head][i32 n][n × i32 in sync][i32 m][m × i32 learners]: see <see cref="AcceptedEpoch"/>.</summary>
    Accepted = 1,

    /// <summary>[i64 first index][i64 epoch of the entry before][frames]; what the journal had from there on is void.</summary>
    Entries = 2,

    /// <summary>[i64 index][i64 epoch]: a snapshot up to there was sealed.</summary>
    SnapshotMark = 3,
}

/// <summary>
/// What of the replica is in the journal, and how far it is durable. Entries are written in the order of the log; a
/// truncation needs no record of its own, because it happens only to put other entries there.
/// </summary>
internal sealed class ChainJournal(ChainOptions options)
{
    private readonly Queue<(PersistPoint Point, LogIndex Last)> _waiting = new();
    private readonly Queue<(PersistPoint Point, LogIndex Last)> _records = new();
    private byte[] _scratch = new byte[4096];
    private LogIndex _truncatedTo = new(long.MaxValue);
    private PersistPoint _truncationPoint;
    private (PersistPoint After, PersistPoint Before)? _release;

    /// <summary>Entries up to here were handed to the journal.</summary>
    public LogIndex JournaledIndex { get; private set; }

    /// <summary>Entries of the present log up to here are durable (with <c>durability memory</c>: are in memory).</summary>
    public LogIndex DurableIndex { get; private set; }

    /// <summary>When the newest entries are durable.</summary>
    public PersistPoint EntriesPoint { get; private set; }

    public PersistPoint DurablePoint { get; private set; }

    /// <summary>Bytes of entries journaled since the last snapshot.</summary>
    public long BytesSinceSnapshot { get; private set; }

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
            var frames = log.Frames(first, log.LastIndex, long.MaxValue, out var last).Span;
            var length = 17 + frames.Length;
            if (_scratch.Length < length) _scratch = new byte[Math.Max(length, 2 * _scratch.Length)];
            _scratch[0] = (byte)RecordKind.Entries;
            BinaryPrimitives.WriteInt64LittleEndian(_scratch.AsSpan(1), first.Value);
            BinaryPrimitives.WriteInt64LittleEndian(_scratch.AsSpan(9), log.StampAt(first.Previous).Value);
            frames.CopyTo(_scratch.AsSpan(17));
            EntriesPoint = effects.Append(_scratch.AsSpan(0, length));
            _waiting.Enqueue((EntriesPoint, last));
            _records.Enqueue((EntriesPoint, last));
            BytesSinceSnapshot += length;
            JournaledIndex = last;
        }
    }

    /// <returns>True when more of the log is durable than before.</returns>
    public bool OnPersisted(PersistPoint durable, Effects effects)
    {
        if (_release is { } release && release.After <= durable)
        {
            effects.Release(release.Before);
            _release = null;
        }

        if (durable > DurablePoint) DurablePoint = durable;
        var before = DurableIndex;
        while (_waiting.TryPeek(out var oldest) && oldest.Point <= durable)
        {
            _waiting.Dequeue();
            // Records from before a truncation promise no more than what was kept of them.
            var last = oldest.Point <= _truncationPoint ? LogIndex.Min(oldest.Last, _truncatedTo) : oldest.Last;
            DurableIndex = LogIndex.Max(DurableIndex, last);
        }

        return DurableIndex > before;
    }

    public void TruncateFrom(LogIndex from)
    {
        var last = from.Previous;
        // Several truncations may await the same records: the lowest holds for all that were written before it.
        _truncatedTo = _waiting.Count > 0 && _waiting.Peek().Point <= _truncationPoint ? LogIndex.Min(_truncatedTo, last) : last;
        _truncationPoint = EntriesPoint;
        JournaledIndex = LogIndex.Min(JournaledIndex, last);
        DurableIndex = LogIndex.Min(DurableIndex, last);
    }

    /// <summary>A snapshot up to <paramref name="index"/> took the place of the log, or of its prefix.</summary>
    public void JumpTo(LogIndex index, bool keptSuffix)
    {
        if (!keptSuffix)
        {
            _waiting.Clear();
            JournaledIndex = DurableIndex = index;
            return;
        }

        JournaledIndex = LogIndex.Max(JournaledIndex, index);
        DurableIndex = LogIndex.Max(DurableIndex, index);
    }

    /// <summary>Notes an Entries record that was read back.</summary>
    public void NoteRecovered(PersistPoint point, LogIndex recordLast, int bytes)
    {
        EntriesPoint = point;
        _records.Enqueue((point, recordLast));
        BytesSinceSnapshot += bytes;
    }

    /// <summary>What was recovered is durable.</summary>
    public void StartAt(LogIndex lastIndex)
    {
        JournaledIndex = DurableIndex = lastIndex;
        DurablePoint = EntriesPoint;
    }

    /// <summary>A snapshot up to <paramref name="index"/> is durable: marks it, writes what is still needed of the older
    /// records again and gives them up.</summary>
    public void MarkSnapshot(LogIndex index, Epoch epoch, AcceptedEpoch accepted, Effects effects)
    {
        Span<byte> record = stackalloc byte[17];
        record[0] = (byte)RecordKind.SnapshotMark;
        BinaryPrimitives.WriteInt64LittleEndian(record[1..], index.Value);
        BinaryPrimitives.WriteInt64LittleEndian(record[9..], epoch.Value);
        var mark = effects.Append(record);
        var state = accepted.SaveAgain(effects);
        while (_records.TryPeek(out var oldest) && oldest.Last <= index) _records.Dequeue();
        BytesSinceSnapshot = 0;
        // The older records go only when these are durable: the accepted epoch must never be in neither.
        _release = (state, _records.TryPeek(out var needed) ? needed.Point : mark);
    }
}
