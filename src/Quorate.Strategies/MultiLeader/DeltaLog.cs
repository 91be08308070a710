using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>One frame in the log; or, of updates that came as states, the keys that they are about.</summary>
internal readonly record struct LogItem(DotRun Run, long ArrivedAt, byte[] Block, int Offset, int Length, bool IsKeys)
{
    public ReadOnlySpan<byte> Bytes => Block.AsSpan(Offset, Length);

    public Dot Last => new(Run.Node, Run.UpTo);
}

/// <summary>
/// The deltas that some member may lack, in the order in which they became part of this replica's state, which is an order
/// that respects causality. Positions count from 0 on and are this replica's own. Blocks of bytes are used again.
/// </summary>
internal sealed class DeltaLog
{
    // Below what the collector takes for large: a log that grows and shrinks must not make it look at the whole heap.
    private const int BlockBytes = 64 << 10;

    /// <summary>16 MiB: what is on the way to the others under load, many times a second.</summary>
    private const int MostSpareBlocks = 256;
    private readonly Stack<byte[]> _spares = new();
    private LogItem[] _items = new LogItem[64];
    private byte[] _block = [];
    private int _used;

    /// <summary>The oldest position kept.</summary>
    public long First { get; private set; }

    /// <summary>Behind the newest.</summary>
    public long End { get; private set; }

    /// <summary>Bytes of the frames kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>All that is part of the state and not in the log: a member that lacks some of it cannot be helped with
    /// deltas.</summary>
    public DotContext Base { get; set; } = new();

    public ref readonly LogItem this[long position] => ref _items[position & (_items.Length - 1)];

    public void Add(in DotRun run, ReadOnlySpan<byte> frame, long now, bool isKeys = false)
    {
        if (End - First == _items.Length) Grow();
        if (_used + frame.Length > _block.Length) NewBlock(frame.Length);
        frame.CopyTo(_block.AsSpan(_used));
        _items[End & (_items.Length - 1)] = new LogItem(run, now, _block, _used, frame.Length, isKeys);
        _used += frame.Length;
        Bytes += frame.Length;
        End++;
    }

    /// <summary>Forgets everything before <paramref name="position"/>.</summary>
    public void DropBefore(long position)
    {
        Invariant.Require(position <= End, "the log forgets nothing beyond its end");
        while (First < position)
        {
            ref var item = ref _items[First & (_items.Length - 1)];
            Base.Add(item.Run);
            Bytes -= item.Length;
            var block = item.Block;
            item = default;
            First++;
            var isLast = First == End || !ReferenceEquals(this[First].Block, block);
            if (isLast && !ReferenceEquals(block, _block) && block.Length == BlockBytes && _spares.Count < MostSpareBlocks)
                _spares.Push(block);
        }
    }

    private void Grow()
    {
        var larger = new LogItem[2 * _items.Length];
        for (var position = First; position < End; position++) larger[position & (larger.Length - 1)] = this[position];
        _items = larger;
    }

    private void NewBlock(int atLeast)
    {
        _block = atLeast > BlockBytes ? new byte[atLeast] : _spares.TryPop(out var spare) ? spare : new byte[BlockBytes];
        _used = 0;
    }
}
