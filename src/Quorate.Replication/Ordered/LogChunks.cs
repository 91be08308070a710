namespace Quorate.Replication.Ordered;

/// <summary>
/// The memory of a log: a few large blocks in a row, filled from the first to the last. Blocks that are given up are kept for
/// the next that is needed, as far as they are few; others go back to the supply. Invariant: only the last chunk grows.
/// </summary>
internal sealed class LogChunks(IBlockSupply supply)
{
    private const int MinChunkBytes = 64 << 10;
    private const int MaxChunkBytes = 2 << 20;
    private const int SpareChunks = 3;

    private readonly List<LogChunk> _chunks = [];
    private readonly List<NativeBlock> _spare = [];

    /// <summary>The number of the first chunk; the others have the next. A chunk keeps its number.</summary>
    private long _first;

    public bool IsEmpty => _chunks.Count == 0;

    public LogChunk Last => _chunks[^1];

    /// <summary>The number of <see cref="Last"/>.</summary>
    public long LastNumber => _first + _chunks.Count - 1;

    public LogChunk this[long number] => _chunks[(int)(number - _first)];

    /// <summary>The last chunk, or a new one if that has not so many bytes left.</summary>
    public LogChunk WithRoom(int length)
    {
        if (_chunks.Count > 0 && _chunks[^1].Room >= length) return _chunks[^1];
        var block = TakeSpare(length);
        if (block is null)
        {
            var usual = _chunks.Count == 0 ? MinChunkBytes : Math.Min(MaxChunkBytes, 2 * _chunks[^1].Block.Length);
            block = supply.Take(Math.Max(usual, length));
        }

        var chunk = new LogChunk(block, _chunks.Count == 0 ? 0 : _chunks[^1].End);
        _chunks.Add(chunk);
        return chunk;
    }

    /// <summary>Gives up the chunks behind one, and that too when nothing is left in it.</summary>
    public void TruncateAfter(LogChunk chunk)
    {
        while (!ReferenceEquals(_chunks[^1], chunk)) RemoveLast();
        if (chunk.Used == 0) RemoveLast();
    }

    /// <summary>Gives up the chunks with nothing but entries up to <paramref name="index"/>.</summary>
    /// <param name="isAll">There are no other entries.</param>
    public void DropThrough(LogIndex index, bool isAll)
    {
        while (_chunks.Count > 1 && _chunks[0].LastIndex <= index) RemoveFirst();
        if (!isAll || _chunks.Count != 1) return;
        // Nothing left in it: begin again at its start, in memory that is warm.
        if (_chunks[0].Block.Length <= MaxChunkBytes) _chunks[0].Used = 0;
        else RemoveFirst();
    }

    public void Clear()
    {
        while (_chunks.Count > 0) RemoveLast();
    }

    private void RemoveFirst()
    {
        GiveUp(0);
        _first++;
    }

    private void RemoveLast() => GiveUp(_chunks.Count - 1);

    private void GiveUp(int at)
    {
        var block = _chunks[at].Block;
        _chunks.RemoveAt(at);
        if (block.Length > MaxChunkBytes)
        {
            supply.Return(block);
            return;
        }

        _spare.Add(block);
        if (_spare.Count <= SpareChunks) return;
        // Large ones are worth more: what is sent at once ends where a chunk does.
        var smallest = 0;
        for (var i = 1; i < _spare.Count; i++) if (_spare[i].Length < _spare[smallest].Length) smallest = i;
        supply.Return(_spare[smallest]);
        _spare.RemoveAt(smallest);
    }

    private NativeBlock? TakeSpare(int length)
    {
        for (var i = _spare.Count - 1; i >= 0; i--)
        {
            if (_spare[i].Length < length) continue;
            var block = _spare[i];
            _spare.RemoveAt(i);
            return block;
        }

        return null;
    }
}

/// <summary>One block of a log, filled up to <see cref="Used"/> with whole frames.</summary>
internal sealed class LogChunk(NativeBlock block, long start)
{
    public readonly NativeBlock Block = block;

    /// <summary>Bytes of all frames before this chunk, counted since the log last had no chunk.</summary>
    public readonly long Start = start;

    public int Used;

    /// <summary>The last entry in it.</summary>
    public LogIndex LastIndex;

    public long End => Start + Used;

    public int Room => Block.Length - Used;

    public Span<byte> SpanFrom(int offset) => Block.GetSpan()[offset..];
}
