using System.Buffers.Binary;
using System.Text;
using Quorate.Replication;

namespace Quorate.Cluster.Journal;

/// <summary>
/// One journal for all groups of a node: records are gathered in memory under the node's lock and written as one batch,
/// with one sync for all of them (group commit). Why it recovers right: docs/journal.md.
/// <para>Threads: <see cref="Append"/>, <see cref="AppendMark"/>, <see cref="TakeBatch"/>, <see cref="Complete"/>,
/// <see cref="Release"/>, <see cref="PlanNext"/>, <see cref="EndPlan"/>, <see cref="HasPending"/>, <see cref="Describe"/>
/// under the node's lock. <see cref="Write"/> outside it, by the one thread that took the batch; <see cref="Prepare"/>
/// outside it, by any one thread, also while a batch is written.</para>
/// </summary>
public sealed class NodeJournal
{
    /// <summary>Longest record in bytes (1 GiB less some room for framing).</summary>
    public const int LongestRecord = (1 << 30) - (1 << 20);

    private readonly JournalOptions _options;
    private readonly SegmentWriter _writer;
    private readonly JournalBatch[] _batches = [new(), new()];

    // Under the node's lock.
    private readonly List<LiveSegment> _live; // ascending; the last one is being filled
    private readonly SortedDictionary<int, long> _released;
    private readonly IReadOnlyDictionary<int, long> _releasedView;
    private readonly List<(LiveSegment Segment, long Start)> _dropped = []; // free once the Start that leaves them out is durable
    private readonly List<(string Name, long Length)> _free; // recovery does not look at them any more
    private JournalBatch _pending;
    private JournalBatch.Part? _part;
    private JournalBatch? _inFlight;
    private SegmentPlan? _plan;
    private bool _isCreating; // the batch in flight makes a segment itself
    private long _point;
    private long _offset;
    private long _segmentLength;
    private long _taken;
    private long _preparedNumber;
    private long _preparedLength;
    private long _completed;
    private long _attested;
    private long _lastRecord; // a mark attests; one behind a mark attests nothing new

    internal NodeJournal(IJournalFiles files, JournalOptions options, RecoveredState state)
    {
        _options = options;
        _writer = new SegmentWriter(files, options.Rules, state.Salt, state.Last, state.Segment);
        _live = state.Live;
        _released = state.Released;
        _releasedView = _released;
        _free = state.Free;
        _pending = _batches[0];
        _point = _completed = state.Last;
        _attested = state.Attested;
        _lastRecord = state.Last;
        _taken = state.Segment;
        _offset = state.Offset;
        _segmentLength = state.SegmentLength;
    }

    /// <summary>True after any write or sync error: nothing that was not complete then will ever be. Not to be mended but
    /// by a restart, which reads what is really there.</summary>
    public bool IsFailed => _writer.Failure != JournalFailure.None;

    public JournalFailure Failure => _writer.Failure;

    /// <summary>For the operator; null while all is well.</summary>
    public string? Why => _writer.Why;

    /// <summary>The next segment could not be prepared because the disk is full; what is left of the present one still
    /// works. True until a later attempt succeeds. Time to refuse writes.</summary>
    public bool IsSpaceShort { get; private set; }

    public bool HasPending => !_pending.IsEmpty && !IsFailed;

    /// <summary>Bytes appended and not yet taken: a node whose disk does not keep up refuses more above some bound.</summary>
    public long PendingLength => _pending.Length;

    /// <summary>The last point appended.</summary>
    public PersistPoint Appended => new(_point);

    /// <summary>The last point completed.</summary>
    public PersistPoint Completed => new(_completed);

    /// <summary>Damage up to this point would be noticed for certain, because a later mark on the disk says that it was
    /// durable. Damage between it and <see cref="Completed"/> (the last batch) looks like a torn write.</summary>
    public PersistPoint Attested => new(_attested);

    /// <summary>Recovers what is there and makes it ready for appending. Everything handed to <paramref name="handler"/> is
    /// durable when this returns a journal. Damage is a refusal, not an exception; so is an <see cref="IOException"/>.</summary>
    public static JournalRecovery Open(IJournalFiles files, JournalOptions options, JournalRecoveryHandler handler) =>
        new JournalOpening(files, options, handler).Run();

    /// <summary>Copies the record; it is durable when <see cref="Complete"/> has returned its point or a later one.</summary>
    public PersistPoint Append(GroupId group, ReadOnlySpan<byte> record)
    {
        Invariant.Require(group.Value > 0, "group 0 is the journal's own");
        Invariant.Require(record.Length <= LongestRecord, "a record is at most 1 GiB less 1 MiB");
        if (IsFailed) return new PersistPoint(++_point); // never durable: nothing to keep

        var length = JournalFormat.FrameLength(record.Length);
        if (_part is null || _offset + length > _segmentLength) OpenPart(length);
        var frame = Put(length, record.Length, group.Value);
        record.CopyTo(frame[JournalFormat.FrameHeader..]);
        _live[^1].Track(group.Value, _point);
        _lastRecord = _point;
        return new PersistPoint(_point);
    }

    /// <summary>Appends a mark without records, so that damage to the last batch can be told from a torn write: at a clean
    /// stop, or when nothing has happened for a while. Does nothing when there is nothing to attest.</summary>
    public void AppendMark()
    {
        if (IsFailed || _part is not null || _inFlight is not null || _lastRecord <= _attested) return;
        OpenPart(0);
    }

    /// <summary>What is pending, to be written now; null when there is nothing, when another batch is being written, when
    /// the segment it needs is just being prepared, or when the journal has failed.</summary>
    public JournalBatch? TakeBatch()
    {
        if (_inFlight is not null || !HasPending) return null;
        for (var i = 0; i < _pending.PartCount; i++)
        {
            var part = _pending[i];
            if (part.StartsSegment && _plan is { Number: > 0 } && _plan.Number == part.Segment) return null;
        }

        var batch = _pending;
        for (var i = 0; i < batch.PartCount; i++)
        {
            var part = batch[i];
            if (!part.StartsSegment) continue;
            _taken = part.Segment;
            if (part.Segment != _preparedNumber)
            {
                _isCreating = true;
                continue;
            }

            part.IsPrepared = part.SegmentLength == _preparedLength;
            part.MustReplace = !part.IsPrepared;
            _isCreating |= part.MustReplace;
            _preparedNumber = 0;
        }

        batch.Last = new PersistPoint(_point);
        _inFlight = batch;
        _pending = ReferenceEquals(batch, _batches[0]) ? _batches[1] : _batches[0];
        _part = null;
        return batch;
    }

    /// <summary>Writes the batch, and syncs it if asked to (without, it survives the process but not the machine).
    /// False: the journal has failed for good, see <see cref="Why"/>.</summary>
    public bool Write(JournalBatch batch, bool sync) => _writer.Write(batch, sync);

    /// <summary>After a <see cref="Write"/> that returned true.</summary>
    /// <returns>The point up to which everything is now as durable as that call made it.</returns>
    public PersistPoint Complete(JournalBatch batch)
    {
        Invariant.Require(ReferenceEquals(batch, _inFlight), "batches complete in the order they were taken");
        Invariant.Require(!IsFailed, "nothing completes after a failure");
        _completed = batch.Last.Value;
        _attested = Math.Max(_attested, _writer.Attested);
        _isCreating = false;
        batch.Clear();
        _inFlight = null;
        while (_dropped.Count > 0 && _dropped[0].Start <= _writer.Synced)
        {
            var segment = _dropped[0].Segment;
            _free.Add((JournalFormat.NameOf(segment.Number), segment.Length));
            _dropped.RemoveAt(0);
        }

        return new PersistPoint(_completed);
    }

    /// <summary>Records of the group before <paramref name="point"/> are not needed any more; the greatest value there is
    /// gives up the group. A segment in which no group needs a record is given up when the next segment begins.</summary>
    public void Release(GroupId group, PersistPoint point)
    {
        if (!_released.TryGetValue(group.Value, out var before) || before < point.Value) _released[group.Value] = point.Value;
    }

    /// <summary>What there is to prepare or to delete, or null. One plan at a time.</summary>
    public SegmentPlan? PlanNext()
    {
        if (_plan is not null || IsFailed) return null;
        // Names become durable in the order of their numbers: a gap would look like a lost segment.
        var number = _preparedNumber == 0 && !_isCreating ? _taken + 1 : 0;
        if (number == 0 && _free.Count <= _options.SpareSegments) return null;
        long length = _options.SegmentLength;
        for (var i = 0; number > 0 && i < _pending.PartCount; i++)
        {
            if (_pending[i].StartsSegment && _pending[i].Segment == number) length = _pending[i].SegmentLength;
        }

        string? recycle = null;
        for (var i = 0; number > 0 && recycle is null && i < _free.Count; i++)
        {
            if (_free[i].Length != length) continue;
            recycle = _free[i].Name;
            _free.RemoveAt(i);
        }

        var plan = new SegmentPlan { Number = number, Length = length, Recycle = recycle };
        for (var i = _free.Count - 1; i >= 0; i--)
        {
            // Segments of another length (one big record) are of no use again.
            if (_free[i].Length == _options.SegmentLength && i < _options.SpareSegments) continue;
            plan.Delete.Add(_free[i].Name);
            _free.RemoveAt(i);
        }

        if (plan.Number == 0 && plan.Delete.Count == 0) return null;
        return _plan = plan;
    }

    /// <summary>Carries the plan out. Takes long when a segment must be filled with zeros.</summary>
    public void Prepare(SegmentPlan plan) => _writer.Prepare(plan);

    /// <summary>Takes the plan's result into account. False: the journal has failed for good.</summary>
    public bool EndPlan(SegmentPlan plan)
    {
        Invariant.Require(ReferenceEquals(plan, _plan), "one plan at a time");
        _plan = null;
        // Having no room for the next segment is no error of what has been written.
        if (plan.Failure is not (JournalFailure.None or JournalFailure.DiskFull)) _writer.Fail(plan.Failure, plan.Why!);
        if (plan.Number == 0) return !IsFailed;
        IsSpaceShort = plan.Failure == JournalFailure.DiskFull;
        if (plan.Failure == JournalFailure.None) (_preparedNumber, _preparedLength) = (plan.Number, plan.Length);
        return !IsFailed;
    }

    /// <summary>All of a plan at once, for callers with one thread. True: something was done.</summary>
    public bool PrepareNext()
    {
        var plan = PlanNext();
        if (plan is null) return false;
        Prepare(plan);
        EndPlan(plan);
        return plan.Failure == JournalFailure.None;
    }

    /// <summary>One line for status pages and traces.</summary>
    public void Describe(StringBuilder text)
    {
        text.Append("journal appended=").Append(_point).Append(" completed=").Append(_completed)
            .Append(" attested=").Append(_attested).Append(" segments=[");
        for (var i = 0; i < _live.Count; i++)
        {
            if (i > 0) text.Append(' ');
            text.Append(_live[i].Number).Append(':').Append(_live[i].First).Append('-').Append(_live[i].Last);
        }

        text.Append("] free=").Append(_free.Count);
        if (IsSpaceShort) text.Append(" space-short");
        if (IsFailed) text.Append(" failed=").Append(Failure);
    }

    /// <summary>Opens a part for a frame of that length (0: none): a batch begins, or the present segment is full.</summary>
    private void OpenPart(int length)
    {
        var begins = _part is null;
        if (begins && _offset + JournalFormat.BatchFrame + length <= _segmentLength)
        {
            var segment = _live[^1];
            _part = _pending.OpenPart(segment.Number, segment.Length, _offset, startsSegment: false);
            var frame = Put(JournalFormat.BatchFrame, JournalFormat.MarkPayload, 0);
            JournalFormat.WriteMark(frame[JournalFormat.FrameHeader..], JournalFormat.KindBatch, 0, segment.First);
            segment.Last = _point;
            return;
        }

        BeginSegment(length);
    }

    private void BeginSegment(int length)
    {
        var number = (_live.Count == 0 ? 0 : _live[^1].Number) + 1;
        for (var i = 0; i < _live.Count;)
        {
            if (!_live[i].IsReleased(_releasedView))
            {
                i++;
                continue;
            }

            _dropped.Add((_live[i], _point + 1));
            _live.RemoveAt(i);
        }

        // Only what a record in a remaining segment is compared with: the list stays as short as the groups in use.
        var inUse = new SortedSet<int>();
        foreach (var segment in _live)
        {
            foreach (var share in segment.Shares)
            {
                if (_released.ContainsKey(share.Group)) inUse.Add(share.Group);
            }
        }

        var payload = Mark.StartPayload(_live.Count, inUse.Count);
        var startFrame = JournalFormat.FrameLength(payload);
        _segmentLength = Math.Max(
            _options.SegmentLength, JournalFormat.RoundToBlock(JournalFormat.HeaderLength + (long)startFrame + length));
        _offset = JournalFormat.HeaderLength;
        _part = _pending.OpenPart(number, _segmentLength, _offset, startsSegment: true);
        var first = _point + 1;
        WriteStart(Put(startFrame, payload, 0)[JournalFormat.FrameHeader..], first, inUse);
        _live.Add(new LiveSegment(number, first, _segmentLength));
    }

    private void WriteStart(Span<byte> payload, long first, SortedSet<int> groups)
    {
        JournalFormat.WriteMark(payload, JournalFormat.KindStart, _live.Count, first);
        payload = payload[JournalFormat.MarkPayload..];
        foreach (var segment in _live)
        {
            BinaryPrimitives.WriteInt64LittleEndian(payload, segment.Number);
            BinaryPrimitives.WriteInt64LittleEndian(payload[8..], segment.First);
            BinaryPrimitives.WriteInt64LittleEndian(payload[16..], segment.Last);
            payload = payload[24..];
        }

        BinaryPrimitives.WriteInt32LittleEndian(payload, groups.Count);
        payload = payload[4..];
        foreach (var group in groups)
        {
            BinaryPrimitives.WriteInt32LittleEndian(payload, group);
            BinaryPrimitives.WriteInt64LittleEndian(payload[4..], _released[group]);
            payload = payload[12..];
        }
    }

    private Span<byte> Put(int length, int payload, int group)
    {
        var frame = _pending.Reserve(_part!, length);
        JournalFormat.WriteFrameHeader(frame, payload, ++_point, group);
        _part!.Last = _point;
        _offset += length;
        return frame;
    }
}
