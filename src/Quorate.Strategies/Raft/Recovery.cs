using System.Buffers.Binary;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>
/// Puts a replica together again: the newest snapshot first, then the journal's records in the order they were written.
/// Nothing is known to be committed beyond the snapshot; the leader tells.
/// </summary>
internal sealed class Recovery(
    HardState state, FrameLog<Term> log, RaftJournal journal, ConfigurationHistory configurations, LogChanges changes,
    Quarantine quarantine, Amnesia<Term> amnesia, SnapshotMaker maker)
{
    private readonly EntriesRecovery<Term> _entries = new(log, journal);

    /// <summary>The newest snapshot cannot be read.</summary>
    public bool IsDamaged { get; private set; }

    public void RestoreNewestSnapshot()
    {
        IsDamaged = !maker.TryRestoreNewest(out var header);
        if (header is null || IsDamaged) return;
        IsDamaged = !Configuration.TryDecode(header.Extra.Span, out var configuration);
        if (IsDamaged) return;
        var term = new Term(header.Stamp);
        changes.RestoreAt(header.Index, term, configuration!);
        _entries.OnSnapshot(header.Index, term);
    }

    public bool TryAccept(ReadOnlySpan<byte> record, PersistPoint point)
    {
        if (IsDamaged || record.IsEmpty) return false;
        var body = record[1..];
        switch ((RecordKind)record[0])
        {
            case RecordKind.HardState when body.Length == 12:
                var term = new Term(BinaryPrimitives.ReadInt64LittleEndian(body));
                if (term < state.CurrentTerm) return false;
                state.Restore(term, new NodeId(BinaryPrimitives.ReadInt32LittleEndian(body[8..])));
                journal.NoteRecoveredHardState(point);
                return true;
            case RecordKind.Entries when EntriesRecord.TryRead<Term>(body, out var first, out var previous, out var frames):
                return TryAcceptEntries(first, previous, frames, point);
            // The records before the mark are gone; without the snapshot there would be a hole.
            case RecordKind.SnapshotMark when body.Length == 16:
                quarantine.OnRecoveredSnapshot();
                return _entries.MayHaveReleased(new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(body)));
            case RecordKind.Quarantined when body.Length == 16:
                quarantine.OnRecovered();
                return true;
            case RecordKind.MemoryMode when body.Length == 16:
                amnesia.OnMemoryMode(BinaryPrimitives.ReadInt64LittleEndian(body));
                return true;
            case RecordKind.Remembers when body.Length == 16:
                amnesia.OnRemembers();
                return true;
            default:
                return false;
        }
    }

    private bool TryAcceptEntries(LogIndex first, Term previous, ReadOnlySpan<byte> frames, PersistPoint point)
    {
        // The term may come later: its older records are given up when a snapshot rewrites it behind these entries.
        if (!EntryFrame.AreWellFormed(frames, previous, new Term(long.MaxValue), RaftJournal.Kinds)) return false;
        if (!_entries.TryTake(first, previous, ref frames, point, out var from)) return false;
        configurations.TruncateFrom(from);
        log.TruncateFrom(from);
        var firstConfiguration = log.AppendFrames(frames);
        if (firstConfiguration.Value > 0) changes.LearnConfigurations(firstConfiguration);
        return true;
    }
}
