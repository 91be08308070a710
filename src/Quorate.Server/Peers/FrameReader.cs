using System.Buffers.Binary;
using Quorate.Server.Turns;

namespace Quorate.Server.Peers;

/// <summary>
/// Cuts a stream of <c>[u32 length][frame]</c> into frames. Memory grows with the bytes that came, not with a length
/// that was claimed. Not thread-safe.
/// </summary>
/// <param name="maxFrameBytes">A longer claim is not a frame.</param>
internal sealed class FrameReader(int maxFrameBytes)
{
    private const int PrefixBytes = 4;

    private readonly ByteGatherer _carry = new(4 * 1024 * 1024);

    public int CarriedBytes => _carry.Length;

    /// <summary>Takes all of <paramref name="bytes"/> and hands over every whole frame; the memory is valid during the
    /// call. False: a length beyond the limit, or <paramref name="onFrame"/> answered false.</summary>
    public bool Take<T>(ReadOnlyMemory<byte> bytes, T state, Func<T, ReadOnlyMemory<byte>, bool> onFrame)
    {
        if (_carry.Length == 0)
        {
            if (!Cut(bytes, state, onFrame, out var taken)) return false;
            if (taken < bytes.Length) _carry.Append(bytes.Span[taken..]);
            return true;
        }

        _carry.Append(bytes.Span);
        if (!Cut(_carry.Memory, state, onFrame, out var used)) return false;
        _carry.DropFirst(used);
        return true;
    }

    private bool Cut<T>(ReadOnlyMemory<byte> bytes, T state, Func<T, ReadOnlyMemory<byte>, bool> onFrame, out int taken)
    {
        taken = 0;
        while (bytes.Length - taken >= PrefixBytes)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[taken..]);
            if (length > (uint)maxFrameBytes) return false;
            if (bytes.Length - taken - PrefixBytes < length) return true;
            if (!onFrame(state, bytes.Slice(taken + PrefixBytes, (int)length))) return false;
            taken += PrefixBytes + (int)length;
        }

        return true;
    }
}
