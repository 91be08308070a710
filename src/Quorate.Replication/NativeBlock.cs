using System.Buffers;
using System.Runtime.InteropServices;

namespace Quorate.Replication;

/// <summary>
/// A block of memory that the garbage collector does not know of. Logs grow by megabytes while a replica is behind; as
/// arrays, each such block brings the next full collection nearer, and that walks every key there is. Freed by
/// <see cref="IDisposable.Dispose"/>, or by its finalizer when it is forgotten. One caller at a time; whoever disposes it
/// must know that nobody reads it any more.
/// </summary>
public sealed unsafe class NativeBlock : MemoryManager<byte>
{
    private byte* _bytes;

    /// <param name="length">Bytes, 1 and up; their contents are undefined.</param>
    public NativeBlock(int length)
    {
        _bytes = (byte*)NativeMemory.Alloc((nuint)length);
        Length = length;
    }

    // A span may outlive a forgotten block, says the rule; here whoever reads the block also holds its owner.
#pragma warning disable CA2015
    ~NativeBlock() => Dispose(false);
#pragma warning restore CA2015

    public int Length { get; }

    public override Span<byte> GetSpan()
    {
        Invariant.Require(_bytes != null, "a block is not used after it was freed");
        return new Span<byte>(_bytes, Length);
    }

    public override MemoryHandle Pin(int elementIndex = 0) => new(_bytes + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.Free(_bytes);
        _bytes = null;
    }
}
