namespace Quorate.Data.Snapshots;

/// <summary>What was saved and waits to be written: chunks of whole records, and long bytes kept by reference.</summary>
internal sealed class SnapshotQueue
{
    private const int ChunkLength = 16 << 10;
    private const int MostSpareChunks = 64;

    /// <param name="IsPart">True: bytes to be cut into parts. False: whole records, in a chunk to be used again.</param>
    public readonly record struct Item(byte[] Bytes, int Start, int Length, bool IsPart);

    private readonly Queue<Item> _items = [];
    private readonly Stack<byte[]> _spare = [];
    private byte[] _chunk = [];
    private int _length;

    public bool IsEmpty => _items.Count == 0 && _length == 0;

    /// <summary>Room for a record, to be followed by <see cref="Advance"/> with the bytes used.</summary>
    public Span<byte> Reserve(int bytes)
    {
        if (_chunk.Length - _length < bytes)
        {
            CloseChunk();
            if (!_spare.TryPop(out var chunk) || chunk.Length < bytes) chunk = new byte[Math.Max(ChunkLength, bytes)];
            _chunk = chunk;
        }

        return _chunk.AsSpan(_length);
    }

    public void Advance(int bytes) => _length += bytes;

    /// <summary>Bytes that do not change until they are written.</summary>
    public void AddParts(byte[] bytes, int start, int length)
    {
        CloseChunk();
        _items.Enqueue(new Item(bytes, start, length, true));
    }

    public Item Peek()
    {
        if (_items.Count == 0) CloseChunk();
        return _items.Peek();
    }

    public void Drop()
    {
        var item = _items.Dequeue();
        if (!item.IsPart && item.Bytes.Length == ChunkLength && _spare.Count < MostSpareChunks) _spare.Push(item.Bytes);
    }

    private void CloseChunk()
    {
        if (_length > 0) _items.Enqueue(new Item(_chunk, 0, _length, false));
        _chunk = [];
        _length = 0;
    }
}
