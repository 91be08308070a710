using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>Reads what <see cref="Packing"/> writes; bytes come as memory that goes on pointing into the input.</summary>
internal ref struct MessageReader(ReadOnlyMemory<byte> bytes)
{
    private readonly ReadOnlyMemory<byte> _all = bytes;
    private PackedReader _reader = new(bytes.Span);

    public readonly bool IsAtEnd => _reader.IsAtEnd;

    public readonly int Remaining => _reader.Remaining;

    public bool TryNumber(out ulong value) => _reader.TryNumber(out value);

    public bool TryNatural(out long value) => _reader.TryNatural(out value);

    public bool TryByte(byte most, out byte value) => _reader.TryByte(out value) && value <= most;

    public bool TryNode(out NodeId node) => _reader.TryNode(out node);

    /// <summary>A partition; there are never more than 256.</summary>
    public bool TryPartition(out int partition)
    {
        var ok = _reader.TryNumber(out var number) && number < 256;
        partition = ok ? (int)number : 0;
        return ok;
    }

    public bool TryCount(int leastBytes, out int count) => _reader.TryCount(leastBytes, out count);

    public bool TryBytes(out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (!_reader.TryBytes(out var span)) return false;
        var end = _all.Length - _reader.Remaining;
        bytes = _all[(end - span.Length)..end];
        return true;
    }
}
