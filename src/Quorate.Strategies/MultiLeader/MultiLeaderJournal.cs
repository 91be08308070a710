using System.Buffers;
using System.Buffers.Binary;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>First byte of a record.</summary>
internal enum RecordKind : byte
{
    /// <summary>[configuration]: accepted.</summary>
    Configuration = 1,

    /// <summary>[frames]: became part of the state, in this order.</summary>
    Deltas = 2,

    /// <summary>[context][state]: a state that was merged, and all that may be part of it.</summary>
    State = 3,

    /// <summary>[summary]: was adopted.</summary>
    Summary = 4,

    /// <summary>[birth]: begins without memory of what was made before.</summary>
    Birth = 5,

    /// <summary>[i64 number]: a snapshot was sealed.</summary>
    SnapshotMark = 6,

    /// <summary>[i64 incarnation]: from here on deltas were kept in memory only.</summary>
    MemoryMode = 7,

    /// <summary>[]: after a birth, the state of a member that has its memory was merged.</summary>
    Whole = 8,

    /// <summary>[]: after a birth, no member has an update of an earlier life that is not here.</summary>
    GapsClosed = 9,
}

/// <summary>What of the replica is in the journal, and what is durable of what it has seen.</summary>
internal sealed class MultiLeaderJournal(MultiLeaderOptions options, DeltaLog log)
{
    private readonly Queue<(PersistPoint Point, long LogEnd, DotContext? Adopted)> _waiting = new();
    private readonly Queue<(PersistPoint Point, long LogEnd)> _records = new();
    private readonly ArrayBufferWriter<byte> _frames = new();
    private readonly ArrayBufferWriter<byte> _record = new();
    private (PersistPoint After, PersistPoint Before)? _release;

    /// <summary>Everything seen here that no restart takes back.</summary>
    public DotContext DurableSeen { get; } = new();

    /// <summary>The position in the log up to which it is durable.</summary>
    public long DurableEnd { get; private set; }

    public PersistPoint LastPoint { get; private set; }

    public PersistPoint DurablePoint { get; private set; }

    public bool IsAllDurable => DurablePoint >= LastPoint && _frames.WrittenCount == 0 && DurableEnd == log.End;

    /// <summary>Bytes of deltas and states since the last snapshot.</summary>
    public long BytesSinceSnapshot { get; private set; }

    public void Add(ReadOnlySpan<byte> frame)
    {
        if (!options.Durable) return;
        if (_frames.WrittenCount == 0) Packing.WriteByte(_frames, (byte)RecordKind.Deltas);
        _frames.Write(frame);
    }

    /// <summary>Hands what was added to the journal: one record of all of it.</summary>
    public void Flush(Effects effects)
    {
        if (!options.Durable)
        {
            Confirm(log.End);
            return;
        }

        if (_frames.WrittenCount == 0) return;
        LastPoint = effects.Append(_frames.WrittenSpan);
        BytesSinceSnapshot += _frames.WrittenCount;
        _waiting.Enqueue((LastPoint, log.End, null));
        _records.Enqueue((LastPoint, log.End));
        _frames.ResetWrittenCount();
    }

    public void SaveState(DotContext shows, ReadOnlySpan<byte> state, Effects effects)
    {
        if (!options.Durable) return;
        Flush(effects);
        Begin(RecordKind.State);
        shows.Encode(_record);
        _record.Write(state);
        BytesSinceSnapshot += _record.WrittenCount;
        End(effects);
    }

    public void SaveSummary(DotContext adopted, ReadOnlySpan<byte> summary, Effects effects)
    {
        if (!options.Durable)
        {
            DurableSeen.Join(adopted);
            return;
        }

        Flush(effects);
        Begin(RecordKind.Summary);
        _record.Write(summary);
        End(effects);
        _waiting.Enqueue((LastPoint, log.End, adopted.Copy()));
    }

    public PersistPoint Save(RecordKind kind, ReadOnlySpan<byte> content, Effects effects)
    {
        Flush(effects);
        Begin(kind);
        _record.Write(content);
        return End(effects);
    }

    public PersistPoint Save(RecordKind kind, long number, Effects effects)
    {
        Span<byte> content = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(content, number);
        return Save(kind, content, effects);
    }

    public PersistPoint Save(GroupConfiguration configuration, Effects effects)
    {
        Flush(effects);
        Begin(RecordKind.Configuration);
        ConfigurationCodec.Write(_record, configuration);
        return End(effects);
    }

    public void OnPersisted(PersistPoint durable, Effects effects)
    {
        if (durable > DurablePoint) DurablePoint = durable;
        while (_waiting.TryPeek(out var oldest) && oldest.Point <= durable)
        {
            _waiting.Dequeue();
            Confirm(oldest.LogEnd);
            if (oldest.Adopted is { } adopted) DurableSeen.Join(adopted);
        }

        if (_release is not { } release || release.After > durable) return;
        effects.Release(release.Before);
        _release = null;
    }

    /// <summary>Deltas were dropped from the log: only this replica itself needs their records.</summary>
    public void OnDropped()
    {
        while (_records.TryPeek(out var oldest) && oldest.LogEnd <= log.First) _records.Dequeue();
    }

    /// <summary>A snapshot that holds everything journaled up to <paramref name="covered"/> is durable, and what is still needed
    /// of the records was written again, up to now: gives up the older ones, but for deltas that somebody may lack.</summary>
    public void ReleaseAfterSnapshot(PersistPoint covered)
    {
        var before = new PersistPoint(covered.Value + 1);
        if (_records.TryPeek(out var oldest) && oldest.Point < before) before = oldest.Point;
        _release = (LastPoint, before);
        BytesSinceSnapshot = 0;
    }

    /// <summary>Notes a record that was read back.</summary>
    public void NoteRecovered(PersistPoint point, RecordKind kind, int bytes)
    {
        LastPoint = point;
        if (kind is RecordKind.Deltas or RecordKind.State) BytesSinceSnapshot += bytes;
        if (kind == RecordKind.Deltas) _records.Enqueue((point, log.End));
    }

    /// <summary>All that was read back is durable.</summary>
    public void StartAt(DotContext seen)
    {
        DurableSeen.Join(seen);
        DurableEnd = log.End;
        DurablePoint = LastPoint;
    }

    private void Begin(RecordKind kind)
    {
        _record.ResetWrittenCount();
        Packing.WriteByte(_record, (byte)kind);
    }

    private PersistPoint End(Effects effects)
    {
        return LastPoint = effects.Append(_record.WrittenSpan);
    }

    private void Confirm(long logEnd)
    {
        for (; DurableEnd < logEnd; DurableEnd++) DurableSeen.Add(log[DurableEnd].Run);
    }
}
