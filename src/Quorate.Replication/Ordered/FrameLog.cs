namespace Quorate.Replication.Ordered;

/// <summary>
/// The log of an ordered group in memory. Entries lie as frames (<see cref="EntryFrame"/>) one after the other in a few large
/// chunks, so that a run of them is sent as one slice and a receiver takes it in with one copy. A ring holds where each entry
/// begins. Nothing is allocated for an entry. One caller at a time.
/// <para>Invariants: entries <c>BaseIndex+1 .. LastIndex</c> are here; stamps never fall from one entry to the next; a frame
/// never spans two chunks.</para>
/// </summary>
/// <typeparam name="TStamp">What entries are stamped with.</typeparam>
public sealed class FrameLog<TStamp>
    where TStamp : struct, IStamp<TStamp>
{
    private readonly LogChunks _chunks;
    private readonly StampRuns<TStamp> _stamps;
    private readonly bool _keepsHistory;

    /// <summary>Of each entry in memory, at its index modulo the length: the number of its chunk and, in the low 32 bits, where
    /// in that it begins. The length is a power of two.</summary>
    private long[] _positions = new long[1024];

    /// <summary>An empty log.</summary>
    /// <param name="blocks">Where its memory is from; null: from the operating system.</param>
    /// <param name="keepsHistory">True: the stamps of entries that were dropped are still known, up to
    /// <see cref="StampRuns{TStamp}.MostOfHistory"/> runs of them.</param>
    public FrameLog(IBlockSupply? blocks = null, bool keepsHistory = false)
    {
        _chunks = new LogChunks(blocks ?? PlainBlocks.Instance);
        _stamps = new StampRuns<TStamp>(keepsHistory ? StampRuns<TStamp>.MostOfHistory : int.MaxValue);
        _keepsHistory = keepsHistory;
    }

    /// <summary>The entry before the first one in memory; its stamp is known.</summary>
    public LogIndex BaseIndex { get; private set; }

    /// <summary>The last entry; <see cref="BaseIndex"/> when there is none in memory.</summary>
    public LogIndex LastIndex { get; private set; }

    /// <summary>The first entry in memory, or where the next one comes.</summary>
    public LogIndex FirstIndex => BaseIndex.Next;

    /// <summary>The stamp of the entry at <see cref="LastIndex"/>.</summary>
    public TStamp LastStamp => _stamps.Last;

    /// <summary>Bytes of the frames of all entries in memory.</summary>
    public long Bytes => BytesFrom(FirstIndex);

    /// <summary>One entry in memory.</summary>
    public EntryView<TStamp> this[LogIndex index]
    {
        get
        {
            Invariant.Require(index > BaseIndex && index <= LastIndex, "only entries in memory are read");
            var (chunk, offset) = Locate(index);
            var frame = chunk.SpanFrom(offset);
            return new(EntryFrame.StampOf<TStamp>(frame), EntryFrame.KindOf(frame), EntryFrame.PayloadOf(frame));
        }
    }

    /// <summary>Rises whenever entries leave the log, so that bytes of it may be used for others.</summary>
    internal long Removals { get; private set; }

    /// <summary>Adds one entry; copies the payload.</summary>
    /// <returns>Its index.</returns>
    public LogIndex Append(TStamp stamp, EntryKind kind, ReadOnlySpan<byte> payload) => Append(stamp, kind, default, payload);

    /// <summary>Adds one entry, whose payload is <paramref name="head"/> and then <paramref name="rest"/>; copies both.</summary>
    /// <returns>Its index.</returns>
    public LogIndex Append(TStamp stamp, EntryKind kind, ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest)
    {
        var payload = head.Length + rest.Length;
        var chunk = _chunks.WithRoom(EntryFrame.HeaderBytes + payload);
        var frame = chunk.SpanFrom(chunk.Used);
        EntryFrame.WriteHeader(frame, payload, stamp, kind);
        head.CopyTo(frame[EntryFrame.HeaderBytes..]);
        rest.CopyTo(frame[(EntryFrame.HeaderBytes + head.Length)..]);
        Place(chunk, EntryFrame.HeaderBytes + payload, stamp);
        return LastIndex;
    }

    /// <summary>Adds well-formed frames as they are.</summary>
    /// <returns>The index of the first <see cref="EntryKind.Configuration"/> among them, or 0.</returns>
    public LogIndex AppendFrames(ReadOnlySpan<byte> frames)
    {
        var firstConfiguration = default(LogIndex);
        while (!frames.IsEmpty)
        {
            var chunk = _chunks.WithRoom(EntryFrame.LengthOf(frames));
            var start = chunk.Used;
            var room = chunk.Room;
            var run = 0;
            while (run < frames.Length)
            {
                var frame = frames[run..];
                var length = EntryFrame.LengthOf(frame);
                if (run + length > room) break;
                Place(chunk, length, EntryFrame.StampOf<TStamp>(frame));
                var isFirst = EntryFrame.KindOf(frame) == EntryKind.Configuration && firstConfiguration.Value == 0;
                if (isFirst) firstConfiguration = LastIndex;
                run += length;
            }

            frames[..run].CopyTo(chunk.SpanFrom(start));
            frames = frames[run..];
        }

        return firstConfiguration;
    }

    /// <summary>True when the stamp of the entry at <paramref name="index"/> is known here. With history that entry may be
    /// gone itself.</summary>
    public bool HasStampAt(LogIndex index) => index >= _stamps.First && index <= LastIndex;

    /// <summary>The stamp of an entry for which <see cref="HasStampAt"/>.</summary>
    public TStamp StampAt(LogIndex index)
    {
        Invariant.Require(HasStampAt(index), "the stamp of an entry is known only within the log and its history");
        return _stamps.At(index);
    }

    /// <summary>The last index up to <paramref name="index"/> whose stamp is not above <paramref name="stamp"/>: no later entry
    /// can agree with one of that stamp. May be one below the first entry whose stamp is known, which says "before
    /// that".</summary>
    public LogIndex LastNotAbove(LogIndex index, TStamp stamp) => _stamps.LastNotAbove(LogIndex.Min(index, LastIndex), stamp);

    /// <summary>See <see cref="StampRuns{TStamp}.LastCommon"/>.</summary>
    public LogIndex LastCommon(StampRuns<TStamp> history, LogIndex upTo) =>
        _stamps.LastCommon(history, LogIndex.Min(upTo, LastIndex));

    /// <summary>The history of stamps up to <paramref name="index"/>, as <see cref="StampRuns{TStamp}.Encode"/> writes
    /// it.</summary>
    public byte[] EncodeHistory(LogIndex index) => _stamps.Encode(index);

    /// <summary>Frames from <paramref name="from"/> on, as many as lie together and fit, at least one. They stay where they
    /// are: valid until the log changes.</summary>
    public ReadOnlyMemory<byte> Frames(LogIndex from, long maxBytes, out LogIndex last) =>
        Frames(from, LastIndex, maxBytes, out last);

    /// <summary>Frames from <paramref name="from"/> to at most <paramref name="upTo"/>, as many as lie together and fit, at
    /// least one. They stay where they are: valid until the log changes.</summary>
    public ReadOnlyMemory<byte> Frames(LogIndex from, LogIndex upTo, long maxBytes, out LogIndex last)
    {
        Invariant.Require(from > BaseIndex && from <= upTo && upTo <= LastIndex, "only entries in memory are sent");
        var (chunk, offset) = Locate(from);
        last = LogIndex.Min(chunk.LastIndex, upTo);
        if (EndOf(chunk, last) - offset > maxBytes)
        {
            long low = from.Value, high = last.Value - 1;
            while (low < high)
            {
                var middle = (low + high + 1) / 2;
                if (EndOf(chunk, new LogIndex(middle)) - offset <= maxBytes) low = middle;
                else high = middle - 1;
            }

            last = new LogIndex(low);
        }

        return chunk.Block.Memory[offset..EndOf(chunk, last)];
    }

    /// <summary>The frames from <paramref name="from"/> to at most <paramref name="upTo"/> that lie together, at least one. Valid
    /// until <see cref="Removals"/> rises.</summary>
    internal ReadOnlySpan<byte> Window(LogIndex from, LogIndex upTo, out LogIndex last)
    {
        Invariant.Require(from > BaseIndex && from <= upTo && upTo <= LastIndex, "only entries in memory are applied");
        var (chunk, offset) = Locate(from);
        last = LogIndex.Min(chunk.LastIndex, upTo);
        return chunk.SpanFrom(offset)[..(EndOf(chunk, last) - offset)];
    }

    /// <summary>Bytes of the entries from <paramref name="index"/> to the end, as far as they are in memory. Any index may be
    /// asked for.</summary>
    public long BytesFrom(LogIndex index)
    {
        var first = LogIndex.Max(index, FirstIndex);
        // Without entries there may be no chunk, and where the dropped ones began means nothing any more.
        if (first > LastIndex) return 0;
        var (chunk, offset) = Locate(first);
        return _chunks.Last.End - (chunk.Start + offset);
    }

    /// <summary>The smallest index from which on the log takes at most <paramref name="bytes"/>.</summary>
    public LogIndex FirstWithin(long bytes)
    {
        long low = FirstIndex.Value, high = LastIndex.Value + 1;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (BytesFrom(new LogIndex(middle)) <= bytes) high = middle;
            else low = middle + 1;
        }

        return new LogIndex(low);
    }

    /// <summary>Removes the entries from <paramref name="from"/> on. One that is gone from memory can be removed only where the
    /// log keeps its history.</summary>
    public void TruncateFrom(LogIndex from)
    {
        if (from > LastIndex) return;
        Removals++;
        Invariant.Require(_keepsHistory || from > BaseIndex, "the prefix that is gone cannot be truncated");
        if (from > BaseIndex)
        {
            var (chunk, offset) = Locate(from);
            chunk.Used = offset;
            chunk.LastIndex = from.Previous;
            _chunks.TruncateAfter(chunk);
        }
        else
        {
            _chunks.Clear();
            BaseIndex = from.Previous;
        }

        LastIndex = from.Previous;
        _stamps.TruncateFrom(from);
        if (_stamps.First > LastIndex) _stamps.Reset(LastIndex, default);
    }

    /// <summary>Forgets the entries up to <paramref name="index"/>, which is at most <see cref="LastIndex"/>.</summary>
    public void DropThrough(LogIndex index)
    {
        if (index <= BaseIndex) return;
        Removals++;
        Invariant.Require(index <= LastIndex, "only entries that are here can be dropped");
        if (!_keepsHistory) _stamps.ForgetBefore(index);
        BaseIndex = index;
        _chunks.DropThrough(index, isAll: index == LastIndex);
    }

    /// <summary>Forgets everything; the log now begins after <paramref name="index"/>, whose stamp is
    /// <paramref name="stamp"/>; <paramref name="history"/>, when there is one, tells the stamps before.</summary>
    public void Reset(LogIndex index, TStamp stamp, StampRuns<TStamp>? history = null)
    {
        Removals++;
        _chunks.Clear();
        BaseIndex = LastIndex = index;
        if (history is null) _stamps.Reset(index, stamp);
        else _stamps.Become(history);
    }

    /// <summary>Throws <see cref="InvariantViolation"/> if the log contradicts itself. A stamp changes rarely, so this is short
    /// whatever the length of the log.</summary>
    public void CheckInvariants()
    {
        _stamps.CheckInvariants(BaseIndex, LastIndex);
        Invariant.Require(_keepsHistory || _stamps.First == BaseIndex, "without history the first run begins at the base");
        Invariant.Require(LastIndex >= BaseIndex, "the log does not end before it begins");
        if (LastIndex == BaseIndex) return;
        Invariant.Require(_chunks.Last.LastIndex == LastIndex, "the last chunk ends with the last entry");
    }

    private void Place(LogChunk chunk, int length, TStamp stamp)
    {
        LastIndex = LastIndex.Next;
        if (LastIndex - BaseIndex >= _positions.Length) GrowPositions();
        _positions[LastIndex.Value & (_positions.Length - 1)] = (_chunks.LastNumber << 32) | (uint)chunk.Used;
        chunk.Used += length;
        chunk.LastIndex = LastIndex;
        _stamps.Append(LastIndex, stamp);
    }

    private void GrowPositions()
    {
        var larger = new long[_positions.Length * 2];
        for (var i = FirstIndex.Value; i < LastIndex.Value; i++)
        {
            larger[i & (larger.Length - 1)] = _positions[i & (_positions.Length - 1)];
        }

        _positions = larger;
    }

    /// <summary>Where the entry's frame ends in its chunk.</summary>
    private int EndOf(LogChunk chunk, LogIndex index) => index < chunk.LastIndex ? OffsetOf(index.Next) : chunk.Used;

    private int OffsetOf(LogIndex index) => (int)(uint)_positions[index.Value & (_positions.Length - 1)];

    private (LogChunk Chunk, int Offset) Locate(LogIndex index)
    {
        var position = _positions[index.Value & (_positions.Length - 1)];
        return (_chunks[position >> 32], (int)(uint)position);
    }
}
