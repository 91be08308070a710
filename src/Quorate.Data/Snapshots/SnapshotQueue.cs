using Quorate.Data.Values;

namespace Quorate.Data.Snapshots;

/// <summary>What was saved and waits to be written: chunks of whole records, long bytes kept by reference, and values to be
/// read piece by piece.</summary>
internal sealed class SnapshotQueue
{
    private const int ChunkLength = 16 << 10;
    private const int MostSpareChunks = 64;

    /// <param name="Bytes">whole records, in a chunk to be used again, or bytes to be cut into parts</param>
    /// <param name="IsPart">which of the two</param>
    /// <param name="Pieces">of a value; then there are no bytes</param>
    public readonly record struct Item(ReadOnlyMemory<byte> Bytes, bool IsPart, PieceReader? Pieces);

    private readonly Queue<Item> _items = [];
    private readonly Queue<byte[]> _chunks = [];
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
    public void AddParts(ReadOnlyMemory<byte> bytes)
    {
        CloseChunk();
        _items.Enqueue(new Item(bytes, true, null));
    }

    /// <summary>The pieces of a value that does not change until they are written.</summary>
    public void AddPieces(PieceReader pieces)
    {
        CloseChunk();
        _items.Enqueue(new Item(default, false, pieces));
    }

    public Item Peek()
    {
        if (_items.Count == 0) CloseChunk();
        return _items.Peek();
    }

    public void Drop()
    {
        var item = _items.Dequeue();
        if (item.IsPart || item.Pieces is not null) return;
        var chunk = _chunks.Dequeue();
        if (chunk.Length == ChunkLength && _spare.Count < MostSpareChunks) _spare.Push(chunk);
    }

    private void CloseChunk()
    {
        if (_length > 0)
        {
            _items.Enqueue(new Item(_chunk.AsMemory(0, _length), false, null));
            _chunks.Enqueue(_chunk);
        }

        _chunk = [];
        _length = 0;
    }
}
