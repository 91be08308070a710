using System.Buffers.Binary;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>First byte of a raft record.</summary>
internal enum RecordKind : byte
{
    /// <summary>[i64 term][i32 voted for]</summary>
    HardState = 1,

    /// <summary>See <see cref="EntriesRecord"/>; what the journal had from there on is void.</summary>
    Entries = EntriesRecord.Kind,

    /// <summary>[i64 index][i64 term]: a snapshot up to there was sealed.</summary>
    SnapshotMark = 3,

    /// <summary>[i64 incarnation]: from here on entries were kept in memory only.</summary>
    MemoryMode = 4,

    /// <summary>[i64 incarnation]: has caught up, and entries are journaled again.</summary>
    Remembers = 5,

    /// <summary>[i64 index][i64 incarnation]: the state up to there is wrong. A later SnapshotMark ends it.</summary>
    Quarantined = 6,
}

/// <summary>What of the replica is in the journal, and how far it is durable.</summary>
internal sealed class RaftJournal(RaftOptions options) : OrderedJournal<Term>(options.Durable)
{
    /// <summary>What a raft log holds.</summary>
    public const EntryKinds Kinds = EntryKinds.Command | EntryKinds.NoOp | EntryKinds.Configuration;

    /// <summary>When the newest term and vote are durable.</summary>
    public PersistPoint HardStatePoint { get; private set; }

    public PersistPoint SaveHardState(Term term, NodeId votedFor, Effects effects)
    {
        Span<byte> record = stackalloc byte[13];
        record[0] = (byte)RecordKind.HardState;
        BinaryPrimitives.WriteInt64LittleEndian(record[1..], term.Value);
        BinaryPrimitives.WriteInt32LittleEndian(record[9..], votedFor.Value);
        return HardStatePoint = effects.Append(record);
    }

    public PersistPoint SaveMark(RecordKind kind, long first, long second, Effects effects) =>
        SaveNumbers((byte)kind, effects, first, second);

    /// <summary>Notes a HardState record that was read back.</summary>
    public void NoteRecoveredHardState(PersistPoint point) => HardStatePoint = point;

    /// <summary>What was recovered is durable.</summary>
    public void StartAt(LogIndex lastIndex) => StartAt(lastIndex, HardStatePoint);

    /// <summary>A snapshot up to <paramref name="index"/> is durable: marks it, writes what is still needed of the older
    /// records again and gives them up.</summary>
    /// <param name="memoryMode">the incarnation to tell of that kept entries in memory only; 0 for none</param>
    /// <returns>When the mark is durable.</returns>
    public PersistPoint MarkSnapshot(
        LogIndex index, Term snapshotTerm, Term term, NodeId votedFor, long memoryMode, Effects effects)
    {
        var mark = SaveMark(RecordKind.SnapshotMark, index.Value, snapshotTerm.Value, effects);
        if (memoryMode != 0) SaveMark(RecordKind.MemoryMode, memoryMode, 0, effects);
        var state = SaveHardState(term, votedFor, effects);
        ReleaseThrough(index, mark, state, keepAfter: index);
        return state;
    }
}
