using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>What an entry is for.</summary>
internal enum EntryKind : byte
{
    /// <summary>A client's command; the payload is the state machine's affair.</summary>
    Command = 0,

    /// <summary>The entry with which a head begins its epoch.</summary>
    NoOp = 1,
}

/// <summary>One entry in place; valid until the log changes.</summary>
internal readonly ref struct EntryView(EntryKind kind, ulong keyHash, ReadOnlySpan<byte> payload)
{
    public EntryKind Kind { get; } = kind;

    /// <summary>Of the one key the command is about; 0 when it is about several.</summary>
    public ulong KeyHash { get; } = keyHash;

    public ReadOnlySpan<byte> Payload { get; } = payload;
}

/// <summary>
/// The log in memory. Entries lie in frames <c>[u32 payload length][i64 epoch][u64 key hash][u8 kind][payload]</c>, one after the other
/// in a few large chunks, so that Forward ships a run of them as one slice and the successor takes it in with one
/// copy. A ring holds where each entry begins. Nothing is allocated per entry.
/// <para>Invariants: entries <c>BaseIndex+1 .. LastIndex</c> are here; epochs never fall from one entry to the next; a
/// frame never spans two chunks.</para>
/// </summary>
internal sealed class ChainLog(DirtyKeys dirty)
{
    public const int HeaderBytes = 21;
    private const int MinChunkBytes = 64 << 10;
    private const int MaxChunkBytes = 2 << 20;
    private const int SpareChunks = 3;

    private readonly List<Chunk> _chunks = [];
    private readonly List<byte[]> _spare = [];
    private readonly EpochRuns _epochs = new();
    private long _firstChunk;
    private long[] _positions = new long[1024];

    /// <summary>The entry before the first one in memory; its epoch is known.</summary>
    public LogIndex BaseIndex { get; private set; }

    public LogIndex LastIndex { get; private set; }

    public LogIndex FirstIndex => BaseIndex.Next;

    public Epoch LastEpoch => _epochs.LastEpoch;

    /// <summary>Bytes in frames, all entries in memory.</summary>
    public long Bytes => BytesFrom(FirstIndex);

    public LogIndex Append(Epoch epoch, EntryKind kind, ulong keyHash, ReadOnlySpan<byte> payload)
    {
        var length = HeaderBytes + payload.Length;
        var chunk = ChunkWithRoom(length);
        WriteHeader(chunk.Bytes.AsSpan(chunk.Used), payload.Length, epoch, keyHash, kind);
        payload.CopyTo(chunk.Bytes.AsSpan(chunk.Used + HeaderBytes));
        Place(chunk, length, epoch, kind, keyHash);
        return LastIndex;
    }

    /// <summary>Appends well-formed frames as they are.</summary>
    public void AppendFrames(ReadOnlySpan<byte> frames)
    {
        while (!frames.IsEmpty)
        {
            var chunk = ChunkWithRoom(FrameLength(frames));
            var start = chunk.Used;
            var room = chunk.Bytes.Length - start;
            var run = 0;
            while (run < frames.Length)
            {
                var frame = frames[run..];
                var length = FrameLength(frame);
                if (run + length > room) break;
                Place(chunk, length, FrameEpoch(frame), FrameKind(frame), FrameKeyHash(frame));
                run += length;
            }

            frames[..run].CopyTo(chunk.Bytes.AsSpan(start));
            frames = frames[run..];
        }
    }

    public EntryView this[LogIndex index]
    {
        get
        {
            Invariant.Require(index > BaseIndex && index <= LastIndex, "only entries in memory are read");
            var (chunk, offset) = Locate(index);
            var frame = chunk.Bytes.AsSpan(offset);
            return new EntryView(FrameKind(frame), FrameKeyHash(frame), frame.Slice(HeaderBytes, FrameLength(frame) - HeaderBytes));
        }
    }

    /// <summary>True when the epoch of the entry at <paramref name="index"/> is known here.</summary>
    public bool HasEpochAt(LogIndex index) => index >= BaseIndex && index <= LastIndex;

    public Epoch EpochAt(LogIndex index)
    {
        Invariant.Require(HasEpochAt(index), "the epoch of an entry is known only within the log");
        return _epochs.At(index);
    }

    /// <summary>The last index up to <paramref name="index"/> whose epoch is not above <paramref name="epoch"/>: no later
    /// entry can agree with one of that epoch. May be one below <see cref="BaseIndex"/>, which says "before that".</summary>
    public LogIndex LastNotAbove(LogIndex index, Epoch epoch) =>
        _epochs.LastNotAbove(LogIndex.Min(index, LastIndex), epoch);

    /// <summary>Frames from <paramref name="from"/> to at most <paramref name="upTo"/>, as many as lie together and fit, at
    /// least one.</summary>
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

        return chunk.Bytes.AsMemory(offset, EndOf(chunk, last) - offset);
    }

    /// <summary>Bytes of the entries from <paramref name="index"/> to the end, as far as they are in memory.</summary>
    public long BytesFrom(LogIndex index)
    {
        if (_chunks.Count == 0 || index > LastIndex) return 0;
        var (chunk, offset) = Locate(LogIndex.Max(index, FirstIndex));
        return _chunks[^1].End - (chunk.Start + offset);
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

    /// <summary>Removes the entries from <paramref name="from"/> on.</summary>
    public void TruncateFrom(LogIndex from)
    {
        Invariant.Require(from > BaseIndex, "the prefix that is gone cannot be truncated");
        if (from > LastIndex) return;
        ForgetDirty(from, LastIndex);
        var (chunk, offset) = Locate(from);
        while (!ReferenceEquals(_chunks[^1], chunk)) RemoveChunk(_chunks.Count - 1);
        chunk.Used = offset;
        chunk.LastIndex = from.Previous;
        if (offset == 0) RemoveChunk(_chunks.Count - 1);
        LastIndex = from.Previous;
        _epochs.TruncateFrom(from);
    }

    /// <summary>Forgets the entries up to <paramref name="index"/>, of which those after <paramref name="applied"/> never will be.</summary>
    public void DropThrough(LogIndex index, LogIndex applied)
    {
        if (index <= BaseIndex) return;
        ForgetDirty(applied.Next, index);
        Invariant.Require(index <= LastIndex, "only entries that are here can be dropped");
        _epochs.DropThrough(index);
        BaseIndex = index;
        while (_chunks.Count > 1 && _chunks[0].LastIndex <= index)
        {
            RemoveChunk(0);
            _firstChunk++;
        }

        // Nothing left in it: begin again at its start, in memory that is warm.
        if (index == LastIndex && _chunks.Count == 1 && _chunks[0].Bytes.Length <= MaxChunkBytes) _chunks[0].Used = 0;
    }

    /// <summary>Forgets everything; the log now begins after <paramref name="index"/>, whose epoch is <paramref name="epoch"/>.</summary>
    public void Reset(LogIndex index, Epoch epoch, LogIndex applied)
    {
        ForgetDirty(applied.Next, LastIndex);
        while (_chunks.Count > 0) RemoveChunk(_chunks.Count - 1);
        BaseIndex = LastIndex = index;
        _epochs.Reset(index, epoch);
    }

    /// <summary>True when the bytes are whole frames whose epochs rise from <paramref name="previous"/> to at most <paramref name="highest"/>.</summary>
    public static bool AreWellFormed(ReadOnlySpan<byte> frames, Epoch previous, Epoch highest)
    {
        while (!frames.IsEmpty)
        {
            if (frames.Length < HeaderBytes) return false;
            var payload = BinaryPrimitives.ReadUInt32LittleEndian(frames);
            if (payload > frames.Length - HeaderBytes || FrameKind(frames) > EntryKind.NoOp) return false;
            var epoch = FrameEpoch(frames);
            if (epoch < previous || epoch > highest) return false;
            previous = epoch;
            frames = frames[(HeaderBytes + (int)payload)..];
        }

        return true;
    }

    public static int FrameLength(ReadOnlySpan<byte> frame) => HeaderBytes + (int)BinaryPrimitives.ReadUInt32LittleEndian(frame);

    public static Epoch FrameEpoch(ReadOnlySpan<byte> frame) => new(BinaryPrimitives.ReadInt64LittleEndian(frame[4..]));

    public static ulong FrameKeyHash(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt64LittleEndian(frame[12..]);

    public static EntryKind FrameKind(ReadOnlySpan<byte> frame) => (EntryKind)frame[20];

    /// <summary>A epoch changes rarely, so this is short whatever the length of the log.</summary>
    public void CheckInvariants(LogIndex applied)
    {
        Invariant.Require(dirty.Total <= LastIndex - applied, "only what is not applied is dirty");
        _epochs.CheckInvariants(BaseIndex, LastIndex);
        Invariant.Require(LastIndex >= BaseIndex, "the log does not end before it begins");
        if (LastIndex > BaseIndex) Invariant.Require(_chunks[^1].LastIndex == LastIndex, "the last chunk ends with the last entry");
    }

    private static void WriteHeader(Span<byte> frame, int payloadLength, Epoch epoch, ulong keyHash, EntryKind kind)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)payloadLength);
        BinaryPrimitives.WriteInt64LittleEndian(frame[4..], epoch.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[12..], keyHash);
        frame[20] = (byte)kind;
    }

    private void Place(Chunk chunk, int length, Epoch epoch, EntryKind kind, ulong keyHash)
    {
        dirty.Add(kind, keyHash);
        LastIndex = LastIndex.Next;
        if (LastIndex - BaseIndex >= _positions.Length) GrowPositions();
        _positions[LastIndex.Value & (_positions.Length - 1)] = ((_firstChunk + _chunks.Count - 1) << 32) | (uint)chunk.Used;
        chunk.Used += length;
        chunk.LastIndex = LastIndex;
        _epochs.Append(LastIndex, epoch);
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
    private int EndOf(Chunk chunk, LogIndex index) => index < chunk.LastIndex ? Offset(index.Next) : chunk.Used;

    private void ForgetDirty(LogIndex from, LogIndex last)
    {
        for (var index = LogIndex.Max(from, FirstIndex); index <= last; index = index.Next)
        {
            var entry = this[index];
            dirty.Remove(entry.Kind, entry.KeyHash);
        }
    }

    private int Offset(LogIndex index) => (int)(uint)_positions[index.Value & (_positions.Length - 1)];

    private (Chunk Chunk, int Offset) Locate(LogIndex index)
    {
        var position = _positions[index.Value & (_positions.Length - 1)];
        return (_chunks[(int)((position >> 32) - _firstChunk)], (int)(uint)position);
    }

    private Chunk ChunkWithRoom(int length)
    {
        if (_chunks.Count > 0 && _chunks[^1].Bytes.Length - _chunks[^1].Used >= length) return _chunks[^1];
        var bytes = TakeSpare(length);
        if (bytes is null)
        {
            var usual = _chunks.Count == 0 ? MinChunkBytes : Math.Min(MaxChunkBytes, 2 * _chunks[^1].Bytes.Length);
            bytes = GC.AllocateUninitializedArray<byte>(Math.Max(usual, length));
        }

        var chunk = new Chunk(bytes, _chunks.Count == 0 ? 0 : _chunks[^1].End);
        _chunks.Add(chunk);
        return chunk;
    }

    private void RemoveChunk(int at)
    {
        var bytes = _chunks[at].Bytes;
        _chunks.RemoveAt(at);
        if (bytes.Length > MaxChunkBytes) return;
        _spare.Add(bytes);
        if (_spare.Count <= SpareChunks) return;
        // Large ones are worth more: Forwards are cut where a chunk ends.
        var smallest = 0;
        for (var i = 1; i < _spare.Count; i++) if (_spare[i].Length < _spare[smallest].Length) smallest = i;
        _spare.RemoveAt(smallest);
    }

    private byte[]? TakeSpare(int length)
    {
        for (var i = _spare.Count - 1; i >= 0; i--)
        {
            if (_spare[i].Length < length) continue;
            var bytes = _spare[i];
            _spare.RemoveAt(i);
            return bytes;
        }

        return null;
    }

    private sealed class Chunk(byte[] bytes, long start)
    {
        public readonly byte[] Bytes = bytes;

        /// <summary>Bytes of all frames before this chunk, counted since the log was last empty.</summary>
        public readonly long Start = start;

        public int Used;
        public LogIndex LastIndex;

        public long End => Start + Used;
    }
}
