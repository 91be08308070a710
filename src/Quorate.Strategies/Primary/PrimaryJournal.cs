using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>First byte of a record.</summary>
internal enum RecordKind : byte
{
    /// <summary>[configuration]: accepted.</summary>
    Configuration = 1,

    /// <summary>See <see cref="EntriesRecord"/>; they follow on the entries before.</summary>
    Entries = EntriesRecord.Kind,

    /// <summary>[i64 from]: the entries from there on are given up.</summary>
    Truncate = 3,

    /// <summary>[]: entries that were given up had been applied; the state is of no use.</summary>
    StateLost = 4,

    /// <summary>[i64 index][i64 epoch][u8 the log goes on]: a snapshot took the place of the state and of the log up to
    /// there.</summary>
    Reset = 5,

    /// <summary>[i64 index][i64 epoch]: a snapshot up to there was sealed.</summary>
    SnapshotMark = 6,

    /// <summary>[i64 incarnation]: from here on entries were kept in memory only.</summary>
    MemoryMode = 7,

    /// <summary>[]: has caught up; what was forgotten is known again.</summary>
    Remembers = 8,

    /// <summary>[i64 from][i64 to][i64 epoch of to][u32 length][history][effect]: leads from the state at one to that at the
    /// other.</summary>
    Changes = 9,
}

/// <summary>What of the replica is in the journal, and how far it is durable.</summary>
internal sealed class PrimaryJournal(PrimaryOptions options) : OrderedJournal<Epoch>(options.Durable)
{
    /// <summary>What a primary's log holds.</summary>
    public const EntryKinds Kinds = EntryKinds.Command | EntryKinds.NoOp | EntryKinds.Effect;

    private readonly ArrayBufferWriter<byte> _configuration = new();

    /// <summary>When the newest configuration, and all that was journaled with it, is durable.</summary>
    public PersistPoint ConfigurationPoint { get; private set; }

    public PersistPoint SaveConfiguration(GroupConfiguration configuration, Effects effects)
    {
        _configuration.ResetWrittenCount();
        Wire.WriteFlags(_configuration, (byte)RecordKind.Configuration);
        ConfigurationCodec.Write(_configuration, configuration);
        return ConfigurationPoint = effects.Append(_configuration.WrittenSpan);
    }

    /// <summary>The newest state stands in for the entries up to <paramref name="to"/>.</summary>
    public void SaveChanges(
        LogIndex from, LogIndex to, Epoch epoch, ReadOnlySpan<byte> history, ReadOnlySpan<byte> effect, Effects effects)
    {
        var record = new ArrayBufferWriter<byte>(64 + history.Length + effect.Length);
        Wire.WriteFlags(record, (byte)RecordKind.Changes);
        Wire.Write(record, from.Value, to.Value, epoch.Value);
        Wire.WriteBytes(record, history);
        record.Write(effect);
        Save(record.WrittenSpan, to, effects);
    }

    public PersistPoint SaveMark(RecordKind kind, Effects effects, params ReadOnlySpan<long> numbers) =>
        SaveNumbers((byte)kind, effects, numbers);

    /// <summary>Notes a record of a configuration that was read back.</summary>
    public void NoteRecoveredConfiguration(PersistPoint point) => ConfigurationPoint = point;

    /// <summary>What was recovered is durable.</summary>
    public void StartAt(LogIndex lastIndex) => StartAt(lastIndex, ConfigurationPoint);

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
        ReleaseThrough(index, mark, last, keepAfter, options.MaxLagBytes);
        return last;
    }

    protected override void SaveTruncation(LogIndex from, Effects effects) =>
        SaveMark(RecordKind.Truncate, effects, from.Value);

    protected override void SaveJump(LogIndex index, Epoch epoch, bool keptSuffix, Effects effects) =>
        SaveMark(RecordKind.Reset, effects, index.Value, epoch.Value, keptSuffix ? 1 : 0);
}
