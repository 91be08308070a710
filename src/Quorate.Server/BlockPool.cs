using System.Buffers;
using System.Collections.Concurrent;

namespace Quorate.Server;

/// <summary>
/// Blocks of memory for the connections' pipes, pinned once and reused. Larger than the web server's own of 4 KiB, so
/// that a pipeline of commands or a batch of entries is read with one system call.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    /// <summary>Bytes of a block. A connection holds one while it waits for data.</summary>
    public const int BlockBytes = 16 * 1024;

    private const int MostIdle = 4096;

    private readonly ConcurrentQueue<Block> _idle = new();

    public override int MaxBufferSize => BlockBytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        return _idle.TryDequeue(out var block) ? block : new Block(this);
    }

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Block(BlockPool pool) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);

        public void Dispose()
        {
            if (pool._idle.Count < MostIdle) pool._idle.Enqueue(this);
        }
    }
}
