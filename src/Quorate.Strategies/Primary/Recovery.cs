using System.Buffers.Binary;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>
/// Puts a replica together again: the newest snapshot first, then the journal's records in the order they were written.
/// Nothing is known to be committed beyond the snapshot; the primary tells.
/// </summary>
internal sealed class Recovery(
    AcceptedEpoch accepted, FrameLog<Epoch> log, PrimaryJournal journal, LogMarks marks, Commits commits,
    StateHealth health, Amnesia<Epoch> amnesia, SnapshotMaker maker, IStateShipping? shipping)
{
    private LogIndex _snapshotIndex;
    private Epoch _snapshotEpoch;
    private SnapshotPast _snapshotPast;
    /// <summary>How to get from the snapshot's state to the one that the last newest state led to: entries before it, and
    /// itself. Only at the end is it known which of it belongs to the snapshot's history.</summary>
    private readonly List<(LogIndex Before, LogIndex To, EntryKind Kind, byte[] Payload)> _steps = [];
    private LogIndex _mark;
    private bool _hasEntries;

    /// <summary>The newest snapshot cannot be read.</summary>
    public bool IsDamaged { get; private set; }

    public void RestoreNewestSnapshot()
    {
        IsDamaged = !maker.TryRestoreNewest(out var header);
        if (header is null || IsDamaged) return;
        (_snapshotIndex, _snapshotEpoch) = (header.Index, new Epoch(header.Stamp));
        IsDamaged = !SnapshotPast.TryDecode(header.Extra.Span, _snapshotIndex, _snapshotEpoch, out _snapshotPast);
        if (IsDamaged) return;
        log.Reset(_snapshotIndex, _snapshotEpoch, _snapshotPast.History);
        commits.RestoreAt(_snapshotIndex);
        marks.CommitIndex = _snapshotPast.Committed;
    }

    public bool TryAccept(ReadOnlySpan<byte> record, PersistPoint point)
    {
        if (IsDamaged || record.IsEmpty) return false;
        var body = record[1..];
        switch ((RecordKind)record[0])
        {
            case RecordKind.Configuration:
                journal.NoteRecoveredConfiguration(point);
                return TryAcceptConfiguration(body.ToArray());
            case RecordKind.Entries when EntriesRecord.TryRead<Epoch>(body, out var first, out var previous, out var frames):
                return TryAcceptEntries(first, previous, frames, point);
            case RecordKind.Truncate when body.Length == 8:
                if (Index(body).Value < 1) return false;
                log.TruncateFrom(Index(body));
                _steps.RemoveAll(s => s.To >= log.LastIndex.Next);
                return true;
            case RecordKind.StateLost when body.IsEmpty:
                health.IsLost = true;
                return true;
            case RecordKind.Reset when body.Length == 24:
                return TryReset(Index(body), EpochIn(body, 8), keptSuffix: Index(body[16..]).Value == 1);
            case RecordKind.SnapshotMark when body.Length == 16:
                _mark = Index(body);
                return true;
            case RecordKind.MemoryMode when body.Length == 8:
                amnesia.OnMemoryMode(Index(body).Value);
                return true;
            case RecordKind.Remembers when body.IsEmpty:
                amnesia.OnRemembers();
                return true;
            case RecordKind.Changes when body.Length >= 32:
                return TryAcceptChanges(body, point);
            default:
                return false;
        }
    }

    /// <summary>All records were read. A snapshot that the log knows nothing of was received and its sender's history was
    /// never written down here, maybe because this replica led before it was complete: its state is not to be used.</summary>
    public void Finish()
    {
        // The records before the mark are gone; without the snapshot there is a hole.
        if (_mark > _snapshotIndex) health.IsLost = true;
        if (_snapshotIndex.Value > 0 && !(log.HasStampAt(_snapshotIndex) && log.StampAt(_snapshotIndex) == _snapshotEpoch))
        {
            if (accepted.Options.Durable) health.IsLost = true;
            else log.Reset(_snapshotIndex, _snapshotEpoch, _snapshotPast.History);
        }

        TakeSteps();
        if (!health.IsLost && commits.LastApplied >= log.BaseIndex && commits.LastApplied <= log.LastIndex) return;
        if (!health.IsLost) health.IsLost = log.LastIndex.Value > 0;
        commits.RestoreAt(log.BaseIndex);
        if (health.IsLost) maker.Forget();
    }

    private static LogIndex Index(ReadOnlySpan<byte> body) => new(BinaryPrimitives.ReadInt64LittleEndian(body));

    private static Epoch EpochIn(ReadOnlySpan<byte> body, int at) => new(BinaryPrimitives.ReadInt64LittleEndian(body[at..]));

    private bool TryAcceptConfiguration(ReadOnlyMemory<byte> body)
    {
        var reader = new WireReader(body);
        if (!ConfigurationCodec.TryRead(ref reader, out var configuration) || !reader.IsAtEnd) return false;
        if (accepted.Configuration is { } known && configuration!.Epoch < known.Epoch) return false;
        accepted.Recover(configuration!);
        return true;
    }

    private bool TryAcceptEntries(LogIndex first, Epoch previous, ReadOnlySpan<byte> frames, PersistPoint point)
    {
        // The configuration may come later: its older records are given up when a snapshot rewrites it behind these entries.
        var highest = new Epoch(long.MaxValue);
        if (!EntryFrame.AreWellFormed(frames, previous, highest, PrimaryJournal.Kinds)) return false;
        if (!_hasEntries)
        {
            // The log was kept from before the snapshot on.
            _hasEntries = true;
            log.TruncateFrom(first);
            if (log.LastIndex != first.Previous) log.Reset(first.Previous, previous);
        }

        var isEmpty = log.LastIndex == log.BaseIndex;
        if (isEmpty && log.LastIndex == first.Previous && log.LastStamp != previous) log.Reset(first.Previous, previous);
        if (first != log.LastIndex.Next || log.StampAt(first.Previous) != previous) return false;
        log.AppendFrames(frames);
        journal.NoteRecovered(point, log.LastIndex, frames.Length);
        return true;
    }

    private bool TryReset(LogIndex index, Epoch epoch, bool keptSuffix)
    {
        _mark = index;
        _steps.Clear();
        health.IsLost = false;
        if (keptSuffix) return true;
        _hasEntries = true;
        // The newest snapshot's history tells this one's too, unless it is that of another past.
        var past = _snapshotPast.History is { } known && index <= _snapshotIndex ? known.Encode(index) : [];
        if (StampRuns<Epoch>.TryDecode(past, index, epoch, out var history)) log.Reset(index, epoch, history);
        else log.Reset(index, epoch);
        return true;
    }

    private bool TryAcceptChanges(ReadOnlySpan<byte> body, PersistPoint point)
    {
        var (from, to, epoch) = (Index(body), Index(body[8..]), EpochIn(body, 16));
        var length = Index(body[24..]).Value;
        var rest = body[32..];
        if (length < 0 || length > rest.Length || to <= from) return false;
        if (!StampRuns<Epoch>.TryDecode(rest[..(int)length], to, epoch, out var history)) return false;
        journal.NoteRecovered(point, to, body.Length);
        if (from > log.LastIndex) return false;
        var last = _steps.Count > 0 ? _steps[^1].To : _snapshotIndex;
        for (var index = LogIndex.Max(last.Next, log.FirstIndex); index <= from; index = index.Next)
        {
            var entry = log[index];
            _steps.Add((index.Previous, index, entry.Kind, entry.Payload.ToArray()));
        }

        _steps.Add((from, to, EntryKind.Effect, rest[(int)length..].ToArray()));
        _hasEntries = true;
        log.Reset(to, epoch, history);
        return true;
    }

    /// <summary>Whatever the newest state was sent for was committed before it.</summary>
    private void TakeSteps()
    {
        foreach (var (before, to, kind, payload) in _steps)
        {
            if (health.IsLost || to <= commits.LastApplied) continue;
            if (before != commits.LastApplied) health.IsLost = true;
            else if (kind == EntryKind.Command) commits.Applier.Replay(to, payload);
            else if (kind == EntryKind.Effect) health.IsLost = shipping?.TryApplyEffect(to, payload) != true;
            commits.RestoreAt(to);
        }

        _steps.Clear();
    }
}
