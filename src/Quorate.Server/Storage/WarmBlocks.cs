using System.Collections.Concurrent;
using Quorate.Replication;

namespace Quorate.Server.Storage;

/// <summary>
/// Blocks of one size, touched on a thread of their own before a log needs them. The kernel gives memory page by page as it is
/// first written to, and on a virtual machine that takes so long (5 ms for a MiB was measured) that a log which grows, because a
/// follower is silent, would slow every commit down. Only while a log grows: one that stays small uses its own blocks again.
/// </summary>
internal sealed class WarmBlocks : IBlockSupply, IDisposable
{
    public const int BlockBytes = 2 << 20;

    // As many out at once as logs have that do not grow.
    private const int UsuallyOut = 4;
    private const int Ahead = 4;

    // What one log grows to before a silent follower is given up: the next time it is there already.
    private const int MostReady = 32;
    private const int PageBytes = 4096;

    private readonly ConcurrentQueue<NativeBlock> _ready = new();
    private readonly BackgroundThread _thread = new("blocks");
    private volatile bool _isWarming;
    private int _out;

    /// <summary>Blocks that wait to be taken.</summary>
    public int Ready => _ready.Count;

    public NativeBlock Take(int length)
    {
        if (length != BlockBytes) return new NativeBlock(length);
        var isWarm = _ready.TryDequeue(out var block);
        if (++_out > UsuallyOut && !_isWarming)
        {
            _isWarming = true;
            _thread.Post(Warm);
        }

        return isWarm ? block! : new NativeBlock(BlockBytes);
    }

    public void Return(NativeBlock block)
    {
        if (block.Length == BlockBytes)
        {
            _out--;
            if (_ready.Count < MostReady)
            {
                _ready.Enqueue(block);
                return;
            }
        }

        PlainBlocks.Instance.Return(block);
    }

    public void Dispose()
    {
        _thread.Dispose();
        while (_ready.TryDequeue(out var block)) PlainBlocks.Instance.Return(block);
    }

    private void Warm()
    {
        while (_ready.Count < Ahead)
        {
            var block = new NativeBlock(BlockBytes);
            var bytes = block.GetSpan();
            for (var page = 0; page < bytes.Length; page += PageBytes) bytes[page] = 0;
            _ready.Enqueue(block);
        }

        _isWarming = false;
    }
}
