using Quorate.Cluster.Journal;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Journal;

/// <summary>The machine stops in the middle of a call.</summary>
internal sealed class PowerLoss : Exception;

/// <summary>
/// A folder on a disk that keeps no promise it did not make: what was not synced may be lost sector by sector in any
/// combination, names follow only with the directory, and after a failed sync the cache shows what the disk lacks.
/// </summary>
internal sealed class FaultyFiles : IJournalFiles
{
    private const int Sector = 512;
    private Dictionary<string, Inode> _names = [];
    private Dictionary<string, Inode> _durableNames = [];
    private readonly List<Action<Dictionary<string, Inode>>> _nameChanges = [];

    /// <summary>Calls left before the power goes off; negative: it stays on.</summary>
    public int CallsToPowerLoss { get; set; } = -1;

    public int SyncsToFailure { get; set; } = -1;

    public int WritesToFailure { get; set; } = -1;

    public long Capacity { get; set; } = long.MaxValue;

    public int Syncs { get; private set; }

    public int Writes { get; private set; }

    public int Creates { get; private set; }

    public IReadOnlyList<string> List() => [.. _names.Keys.Order(StringComparer.Ordinal)];

    public void Create(string name, long length, bool isBeside = false)
    {
        Step();
        Creates++;
        if (_names.Values.Sum(i => (long)i.Cache.Length) + length > Capacity)
            throw new DiskFullException("no space left on device");
        var inode = new Inode(length);
        ChangeNames(names => names[name] = inode);
    }

    public long Length(string name) => Find(name).Cache.Length;

    public int Read(string name, long offset, Span<byte> buffer)
    {
        var cache = Find(name).Cache;
        var count = (int)Math.Min(buffer.Length, Math.Max(0, cache.Length - offset));
        cache.AsSpan((int)offset, count).CopyTo(buffer);
        return count;
    }

    public void Write(string name, long offset, ReadOnlySpan<byte> bytes)
    {
        var inode = Find(name);
        (offset + bytes.Length).ShouldBeLessThanOrEqualTo(inode.Cache.Length);
        Writes++;
        if (WritesToFailure >= 0 && WritesToFailure-- == 0) throw new IOException("input/output error");
        inode.Unsynced.Add((offset, bytes.ToArray()));
        bytes.CopyTo(inode.Cache.AsSpan((int)offset));
        Step();
    }

    public void Sync(string name)
    {
        Step();
        Syncs++;
        var inode = Find(name);
        if (SyncsToFailure >= 0 && SyncsToFailure-- == 0)
        {
            // The pages are clean from now on, though half of them never reached the disk.
            inode.Lose(new Prng(7), tear: false);
            throw new IOException("input/output error");
        }

        inode.Flush();
        Step();
    }

    public void Delete(string name)
    {
        Step();
        Find(name);
        ChangeNames(names => names.Remove(name));
    }

    public void Rename(string from, string to)
    {
        Step();
        Find(from);
        ChangeNames(names =>
        {
            if (names.Remove(from, out var inode)) names[to] = inode;
        });
    }

    public void SyncDirectory()
    {
        Step();
        _durableNames = new(_names);
        _nameChanges.Clear();
    }

    /// <summary>What a power loss leaves.</summary>
    public void Crash(Prng prng)
    {
        var kept = prng.Below(_nameChanges.Count + 1);
        for (var i = 0; i < kept; i++) _nameChanges[i](_durableNames);
        _nameChanges.Clear();
        _names = new(_durableNames);
        var tear = prng.Chance(300);
        foreach (var name in List())
        {
            var inode = _names[name];
            inode.Lose(prng, tear);
            inode.Disk.CopyTo(inode.Cache, 0);
        }

        EndFaults();
    }

    public void EndFaults() => CallsToPowerLoss = SyncsToFailure = WritesToFailure = -1;

    public void Flip(string name, long offset, int bit)
    {
        var inode = Find(name);
        inode.Disk[offset] ^= (byte)(1 << bit);
        inode.Cache[offset] ^= (byte)(1 << bit);
    }

    public void Truncate(string name, int length)
    {
        var inode = Find(name);
        inode.Cache = inode.Cache[..length];
        inode.Disk = inode.Disk[..length];
    }

    public FaultyFiles Copy()
    {
        var copy = new FaultyFiles();
        foreach (var (name, inode) in _names) copy._names[name] = copy._durableNames[name] = inode.Copy();
        return copy;
    }

    private Inode Find(string name) =>
        _names.TryGetValue(name, out var inode) ? inode : throw new IOException($"{name}: no such file");

    private void ChangeNames(Action<Dictionary<string, Inode>> change)
    {
        change(_names);
        _nameChanges.Add(change);
    }

    private void Step()
    {
        if (CallsToPowerLoss >= 0 && CallsToPowerLoss-- == 0) throw new PowerLoss();
    }

    private sealed class Inode(long length)
    {
        public byte[] Cache { get; set; } = new byte[length];

        public byte[] Disk { get; set; } = new byte[length];

        public List<(long Offset, byte[] Bytes)> Unsynced { get; } = [];

        public void Flush()
        {
            foreach (var (offset, bytes) in Unsynced) bytes.CopyTo(Disk, offset);
            Unsynced.Clear();
        }

        /// <summary>Any subset of the sectors reaches the disk; one may be cut in its middle.</summary>
        public void Lose(Prng prng, bool tear)
        {
            var perMille = prng.Chance(200) ? 1000 : prng.Below(1001);
            foreach (var (offset, bytes) in Unsynced)
            {
                for (var from = 0; from < bytes.Length;)
                {
                    var to = Math.Min(bytes.Length, from + Sector - (int)((offset + from) % Sector));
                    if (prng.Chance(perMille))
                    {
                        var count = tear && prng.Chance(200) ? prng.Below(to - from + 1) : to - from;
                        bytes.AsSpan(from, count).CopyTo(Disk.AsSpan((int)offset + from));
                    }

                    from = to;
                }
            }

            Unsynced.Clear();
        }

        public Inode Copy() => new(Disk.Length) { Cache = [.. Cache], Disk = [.. Disk] };
    }
}
