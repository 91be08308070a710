using System.Buffers;

namespace Quorate.Server.Turns;

/// <summary>
/// Bytes in one piece: appended at the end, dropped from the front. Grows with what it receives, by doubling, and gives
/// a large buffer back when it is empty. Not thread-safe.
/// </summary>
/// <param name="keptBytes">A buffer up to this size stays when it is empty.</param>
internal sealed class ByteGatherer(int keptBytes) : IBufferWriter<byte>
{
    private const int SmallBytes = 4 * 1024;

    private byte[] _buffer = [];
    private int _length;

    public int Length => _length;

    public int Capacity => _buffer.Length;

    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _length);

    public ReadOnlySpan<byte> Span => _buffer.AsSpan(0, _length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _length += bytes.Length;
    }

    public void DropFirst(int count)
    {
        if (count == 0) return;
        var left = _length - count;
        _buffer.AsSpan(count, left).CopyTo(_buffer);
        _length = left;
        if (left == 0 && _buffer.Length > keptBytes) _buffer = [];
    }

    public void Clear() => DropFirst(_length);

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(_length);
    }

    private void Reserve(int bytes)
    {
        var needed = (long)_length + Math.Max(bytes, 1);
        if (needed <= _buffer.Length) return;
        if (needed > Array.MaxLength) throw new OutOfMemoryException($"{needed} bytes do not fit into one buffer");
        var capacity = Math.Min(Array.MaxLength, Math.Max(needed, Math.Max(SmallBytes, _buffer.Length * 2L)));
        var larger = GC.AllocateUninitializedArray<byte>((int)capacity);
        Span.CopyTo(larger);
        _buffer = larger;
    }
}
