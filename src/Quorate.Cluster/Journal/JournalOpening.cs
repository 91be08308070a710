using Quorate.Replication;

namespace Quorate.Cluster.Journal;

/// <summary>
/// Recovery, in four steps: find the last segment that was begun; read the segments its first frame names, which must be
/// whole; read the last one up to its torn end, if the end is torn and not damaged; erase what lies behind. The
/// reasoning, with counter-examples, is docs/journal.md.
/// </summary>
internal sealed class JournalOpening(IJournalFiles files, JournalOptions options, JournalRecoveryHandler handler)
{
    private const string Advice =
        "Do not delete or edit files of the journal. Restore this node's folder from a copy made while it was stopped, or "
        + "remove the node from the cluster and add it again with an empty folder: it then gets its data from the others.";

    private readonly JournalRules _rules = options.Rules;
    private readonly SortedDictionary<long, SegmentFile> _files = [];
    private byte[] _bytes = [];
    private ulong _salt = options.Salt;
    private long _records;

    public JournalRecovery Run()
    {
        Invariant.Require(
            options.SegmentLength >= JournalOptions.SmallestSegment && options.SegmentLength % JournalFormat.HeaderLength == 0,
            "a segment's length is a multiple of 4096, at least 8192");
        try
        {
            return Recover();
        }
        catch (JournalRefusedException refused)
        {
            return new JournalRecovery { Refusal = refused.Message, Records = _records };
        }
        catch (IOException e)
        {
            return new JournalRecovery { Refusal = $"The journal cannot be read or repaired: {e.Message}", Records = _records };
        }
    }

    private JournalRecovery Recover()
    {
        ReadHeaders();
        var last = FindLast(out var endOfPrevious);
        if (last is null) return BeginNew();

        var state = new RecoveredState { Salt = _salt };
        ReadManifest(last, state, out var required);
        foreach (var (number, first, end) in required) ReadWhole(number, first, end, state);
        var batchesCut = ReadLast(last, endOfPrevious, state, out var attestedEnd);
        Settle(last, state, attestedEnd);
        return new JournalRecovery
        {
            Journal = new NodeJournal(files, options, state),
            Last = new PersistPoint(state.Last),
            Records = _records,
            BatchesCut = batchesCut,
        };
    }

    private void ReadHeaders()
    {
        foreach (var name in files.List())
        {
            if (!JournalFormat.TryParseName(name, out var number)) continue;
            var block = new byte[JournalFormat.HeaderLength];
            var read = files.Read(name, 0, block);
            var isGood = JournalFormat.TryReadHeader(block.AsSpan(0, read), out var header);
            _files.Add(number, new SegmentFile(name, number, files.Length(name), isGood, header));
        }

        var isSalted = false;
        foreach (var file in _files.Values)
        {
            if (!file.HasHeader) continue;
            if (file.Header.Version != JournalFormat.Version)
            {
                throw new JournalRefusedException(
                    $"{file.Name} has format version {file.Header.Version}; this program reads {JournalFormat.Version}. Start "
                        + $"the version of the program that wrote it.");
            }

            if (isSalted && file.Header.Salt != _salt)
                throw Damaged(file, 0, "it belongs to another journal than the segments before it");
            (_salt, isSalted) = (file.Header.Salt, true);
        }
    }

    /// <summary>The newest segment whose first frame is there. Newer files were prepared but not begun, or were begun by a
    /// batch that never completed.</summary>
    private SegmentFile? FindLast(out long endOfPrevious)
    {
        endOfPrevious = 0;
        SegmentFile? above = null;
        var newest = 0L;
        foreach (var file in _files.Values.Reverse())
        {
            newest = Math.Max(newest, file.Number);
            // A segment is prepared only after the one before has been taken into use.
            if (above is not null && above.Number != file.Number + 1) throw Missing(above.Number - 1, above);
            var segment = Load(file);
            var reader = new SegmentReader(segment, JournalFormat.ChecksumSeed(file.Number, _salt), _rules);
            if (TryReadStart(reader, out _))
            {
                RequireHeader(file);
                return file;
            }

            RequireNotBegun(file, reader, ref endOfPrevious);
            above = file;
        }

        if (newest > 2 || (above is not null && above.Number != 1)) throw Missing(above!.Number - 1, above);
        return null;
    }

    /// <summary>The first frame is not there. Fine, unless something says that it once was durable.</summary>
    private void RequireNotBegun(SegmentFile file, SegmentReader reader, ref long endOfPrevious)
    {
        var content = _bytes.AsSpan(0, file.Loaded)[Math.Min(JournalFormat.HeaderLength, file.Loaded)..];
        if (_files.Values.All(f => !f.HasHeader) && content.IndexOfAnyExcept((byte)0) >= 0)
        {
            throw Damaged(file, 0, "no segment has a readable header, but there is something in them");
        }

        if (endOfPrevious > 0 && _rules.RefuseDamage)
        {
            throw Damaged(
                file, JournalFormat.HeaderLength,
                $"the first record is unreadable; the next segment was begun, so this one was durable up to {endOfPrevious}");
        }

        var offset = JournalFormat.HeaderLength;
        while (reader.TryFindMark(ref offset, above: 0, out var frame))
        {
            // The header is durable before the first frame is written.
            if (!file.IsIntact) throw Damaged(file, 0, "the header is unreadable, although there are records behind it");
            if (frame.Group == 0 && Mark.TryRead(frame.Payload, out var mark) && mark.FirstOfSegment > 0)
            {
                if (mark.Synced >= mark.FirstOfSegment && _rules.RefuseDamage)
                {
                    throw Damaged(
                        file, JournalFormat.HeaderLength,
                        $"the first record is unreadable, although all up to {mark.Synced} was durable");
                }

                // It was begun, so the one before was durable to its end.
                endOfPrevious = mark.FirstOfSegment - 1;
            }

            offset = frame.End;
        }
    }

    private void ReadManifest(SegmentFile last, RecoveredState state, out List<(long Number, long First, long Last)> required)
    {
        var reader = new SegmentReader(Load(last), JournalFormat.ChecksumSeed(last.Number, _salt), _rules);
        if (!TryReadStart(reader, out var frame) || !Mark.TryRead(frame.Payload, out var mark))
            throw Damaged(last, JournalFormat.HeaderLength, "it cannot be read twice alike");
        required = [];
        for (var i = 0; i < mark.SegmentCount; i++) required.Add(mark.Segment(i));
        for (var i = 0; i < mark.GroupCount; i++)
        {
            var (group, released) = mark.Group(i);
            state.Released[group] = released;
        }
    }

    /// <summary>A segment before the last one: durable to its end before the next was begun, so all of it must be
    /// there.</summary>
    private void ReadWhole(long number, long first, long end, RecoveredState state)
    {
        if (!_files.TryGetValue(number, out var file)) throw Missing(number, null);
        RequireHeader(file);
        var reader = new SegmentReader(Load(file), JournalFormat.ChecksumSeed(number, _salt), _rules);
        var live = new LiveSegment(number, first, file.Length);
        var offset = JournalFormat.HeaderLength;
        for (var point = first; point <= end; point++)
        {
            if (!reader.TryRead(offset, point, out var frame))
            {
                if (!_rules.RefuseDamage) break;
                throw Damaged(file, offset, $"record {point} is unreadable; the segment was durable up to {end}");
            }

            Deliver(file, offset, frame, live, state);
            offset = frame.End;
        }

        live.Last = end;
        state.Live.Add(live);
    }

    /// <returns>How many marks of batches lie behind the end.</returns>
    private int ReadLast(SegmentFile file, long endOfPrevious, RecoveredState state, out long attestedEnd)
    {
        var reader = new SegmentReader(Load(file), JournalFormat.ChecksumSeed(file.Number, _salt), _rules);
        TryReadStart(reader, out var start);
        var live = new LiveSegment(file.Number, start.Point, file.Length);
        var offset = JournalFormat.HeaderLength;
        var point = start.Point;
        var attested = start.Point - 1;
        while (reader.TryRead(offset, point, out var frame)
            || (!_rules.CutTornTail && reader.TryReadBlindly(offset, point, out frame)))
        {
            if (frame.Group == 0 && Mark.TryRead(frame.Payload, out var mark)) attested = Math.Max(attested, mark.Synced);
            Deliver(file, offset, frame, live, state);
            offset = frame.End;
            point++;
        }

        var batchesCut = RequireTorn(file, reader, offset, point, endOfPrevious);
        live.Last = point - 1;
        state.Live.Add(live);
        state.Last = point - 1;
        state.Attested = attested;
        state.Segment = file.Number;
        state.SegmentLength = file.Length;
        state.Offset = offset;

        var end = JournalFormat.HeaderLength;
        for (var p = start.Point; p <= attested && reader.TryRead(end, p, out var frame); p++) end = frame.End;
        attestedEnd = end;
        return batchesCut;
    }

    /// <summary>The frame with this point is not readable. Torn, unless a later mark says that it was durable.</summary>
    private int RequireTorn(SegmentFile file, SegmentReader reader, int end, long point, long endOfPrevious)
    {
        if (!_rules.RefuseDamage) return 0;
        if (endOfPrevious >= point)
        {
            throw Damaged(
                file, end,
                $"record {point} is unreadable; the next segment was begun, so this one was durable up to {endOfPrevious}");
        }

        var count = 0;
        var offset = end;
        while (reader.TryFindMark(ref offset, above: point, out var frame))
        {
            if (frame.Group == 0 && Mark.TryRead(frame.Payload, out var mark) && mark.Synced >= point)
            {
                throw Damaged(
                    file, end,
                    $"record {point} is unreadable, although a later one, at offset {offset}, says that all up to "
                        + $"{mark.Synced} was durable");
            }

            count++;
            offset = frame.End;
        }

        return count;
    }

    private void Deliver(SegmentFile file, int offset, Frame frame, LiveSegment live, RecoveredState state)
    {
        if (frame.Group == 0)
        {
            live.Last = frame.Point;
            return;
        }

        live.Track(frame.Group, frame.Point);
        // Other segments with records that this group had released may be gone: what it is given has no gaps.
        if (state.Released.TryGetValue(frame.Group, out var released) && frame.Point < released) return;
        _records++;
        if (!handler(new GroupId(frame.Group), frame.Payload, new PersistPoint(frame.Point)))
        {
            throw Damaged(file, offset, $"record {frame.Point} of group {frame.Group} has the right checksum but makes no sense");
        }
    }

    /// <summary>
    /// Makes durable what was read, and erases the rest. All that no mark attests is written again, not only synced: after
    /// a failed fsync and a restart of the process the page cache shows what the disk does not have, and thinks it clean.
    /// The zeros go to the end of the segment for the same reason: that a page reads as zero does not prove it is on the disk.
    /// </summary>
    private void Settle(SegmentFile last, RecoveredState state, long attestedEnd)
    {
        DeleteAbove(last.Number);
        foreach (var file in _files.Values)
        {
            if (file.Number < last.Number && !state.Live.Exists(live => live.Number == file.Number))
                state.Free.Add((file.Name, file.Length));
        }

        if (_rules.EraseTornTail) _bytes.AsSpan((int)state.Offset, last.Loaded - (int)state.Offset).Clear();
        files.Write(last.Name, 0, _bytes.AsSpan(0, JournalFormat.HeaderLength));
        files.Write(last.Name, attestedEnd, _bytes.AsSpan((int)attestedEnd, last.Loaded - (int)attestedEnd));
        files.Sync(last.Name);
    }

    private JournalRecovery BeginNew()
    {
        DeleteAbove(0);
        return new JournalRecovery
        {
            Journal = new NodeJournal(files, options, new RecoveredState { Salt = _salt }),
            IsNew = true,
        };
    }

    /// <summary>From the newest down, each durably: a power loss on the way must not leave a gap in the numbers.</summary>
    private void DeleteAbove(long number)
    {
        foreach (var file in _files.Values.Reverse())
        {
            if (file.Number <= number) break;
            files.Delete(file.Name);
            files.SyncDirectory();
        }

        files.SyncDirectory(); // names that the life before made and did not sync
    }

    private static bool TryReadStart(SegmentReader reader, out Frame frame) =>
        reader.TryRead(JournalFormat.HeaderLength, 0, out frame)
        && frame.Group == 0
        && Mark.TryRead(frame.Payload, out var mark)
        && mark.IsStart
        && mark.FirstOfSegment == frame.Point;

    /// <summary>The whole segment, in the one buffer there is.</summary>
    private ReadOnlySpan<byte> Load(SegmentFile file)
    {
        if (file.Length > Array.MaxLength) throw Damaged(file, 0, "it is longer than any segment");
        if (_bytes.Length < file.Length) _bytes = new byte[file.Length];
        file.Loaded = files.Read(file.Name, 0, _bytes.AsSpan(0, (int)file.Length));
        return _bytes.AsSpan(0, file.Loaded);
    }

    private void RequireHeader(SegmentFile file)
    {
        if (!file.IsIntact) throw Damaged(file, 0, "the header is unreadable");
        if (file.Length != file.Header.Length)
        {
            throw Damaged(
                file, Math.Min(file.Length, file.Header.Length),
                $"the file has {file.Length} bytes instead of {file.Header.Length}");
        }
    }

    private static JournalRefusedException Damaged(SegmentFile file, long offset, string what) =>
        new($"The journal is damaged: {file.Name}, offset {offset}: {what}. {Advice}");

    private static JournalRefusedException Missing(long number, SegmentFile? after) =>
        new($"The journal is damaged: {JournalFormat.NameOf(Math.Max(number, 1))} is missing"
            + (after is null ? "" : $", although {after.Name} is there") + $". {Advice}");

    private sealed class SegmentFile(string name, long number, long length, bool hasHeader, SegmentHeader header)
    {
        public string Name { get; } = name;

        public long Number { get; } = number;

        public long Length { get; } = length;

        /// <summary>A header with a good checksum, perhaps that of an earlier use of the file.</summary>
        public bool HasHeader { get; } = hasHeader;

        public SegmentHeader Header { get; } = header;

        public bool IsIntact => HasHeader && Header.Number == Number;

        public int Loaded { get; set; }
    }

    private sealed class JournalRefusedException(string message) : Exception(message);
}
