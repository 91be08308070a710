using Quorate.Replication;

namespace Quorate.Simulation.Worlds;

/// <summary>
/// One file's bytes, in blocks that exist once as durable and, between a write and its sync, a second time as written.
/// A block that was never written is zeros and takes no memory.
/// </summary>
internal sealed class SimFile(long length, int sectorSize)
{
    private const int BlockSize = 4096;

    private readonly byte[]?[] _durable = new byte[]?[(length + BlockSize - 1) / BlockSize];
    private readonly SortedDictionary<int, byte[]> _dirty = [];

    public long Length { get; } = length;

    public int Read(long offset, Span<byte> buffer)
    {
        var wanted = (int)Math.Max(0, Math.Min(buffer.Length, Length - offset));
        for (var done = 0; done < wanted;)
        {
            var (block, within) = Locate(offset + done);
            var n = Math.Min(wanted - done, BlockSize - within);
            var bytes = _dirty.TryGetValue(block, out var written) ? written : _durable[block];
            if (bytes is null) buffer.Slice(done, n).Clear();
            else bytes.AsSpan(within, n).CopyTo(buffer[done..]);
            done += n;
        }

        return wanted;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        Invariant.Require(offset >= 0 && offset + bytes.Length <= Length, "writes stay within the length of the file");
        while (bytes.Length > 0)
        {
            var (block, within) = Locate(offset);
            if (!_dirty.TryGetValue(block, out var target))
            {
                target = _durable[block] is { } old ? (byte[])old.Clone() : new byte[BlockSize];
                _dirty.Add(block, target);
            }

            var n = Math.Min(bytes.Length, BlockSize - within);
            bytes[..n].CopyTo(target.AsSpan(within));
            bytes = bytes[n..];
            offset += n;
        }
    }

    public void Sync()
    {
        foreach (var (block, bytes) in _dirty) _durable[block] = bytes;
        _dirty.Clear();
    }

    /// <summary>Each sector that differs from what is durable is kept or lost on its own.</summary>
    /// <returns>Sectors that were not durable, and how many of them are lost.</returns>
    public (int Dirty, int Lost) LoseUnsynced(Prng prng)
    {
        var (dirty, lost) = (0, 0);
        // Often all or nothing reached the disk; the mixtures between are the torn writes.
        var keepPerMille = prng.Below(4) switch { 0 => 0, 1 => 1000, 2 => 500, _ => 100 + prng.Below(800) };
        foreach (var (block, bytes) in _dirty)
        {
            var old = _durable[block] ?? new byte[BlockSize];
            for (var sector = 0; sector < BlockSize; sector += sectorSize)
            {
                var was = old.AsSpan(sector, sectorSize);
                var now = bytes.AsSpan(sector, sectorSize);
                if (was.SequenceEqual(now)) continue;
                dirty++;
                if (prng.Chance(keepPerMille)) continue;
                lost++;
                was.CopyTo(now);
            }

            _durable[block] = bytes;
        }

        _dirty.Clear();
        return (dirty, lost);
    }

    public void Flip(long offset, int bit)
    {
        var (block, within) = Locate(offset);
        (_durable[block] ??= new byte[BlockSize])[within] ^= (byte)(1 << bit);
    }

    private static (int Block, int Within) Locate(long offset) => ((int)(offset / BlockSize), (int)(offset % BlockSize));
}
