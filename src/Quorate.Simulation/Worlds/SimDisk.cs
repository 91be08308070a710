using System.IO;
using Quorate.Cluster.Journal;
using Quorate.Replication;
using Quorate.Simulation.Faults;

namespace Quorate.Simulation.Worlds;

/// <summary>
/// A disk that keeps what it promised and nothing more. Written bytes survive a power loss only after
/// <see cref="Sync"/>, else sector by sector as the dice say (a torn write); names survive only after
/// <see cref="SyncDirectory"/>, else the metadata operations up to some moment do. It can fail a sync, fill up and rot.
/// </summary>
internal sealed class SimDisk(World world, Prng prng, int sectorSize) : IJournalFiles
{
    private readonly List<Action<SortedDictionary<string, SimFile>>> _unsyncedNames = [];
    private SortedDictionary<string, SimFile> _names = new(StringComparer.Ordinal);
    private SortedDictionary<string, SimFile> _durableNames = new(StringComparer.Ordinal);

    /// <summary>The next sync fails, and what it should have made durable is in an unknown state.</summary>
    public bool FailNextSync { get; set; }

    /// <summary>No room for a new file.</summary>
    public bool IsFull { get; set; }

    /// <summary>Errors thrown so far.</summary>
    public long Errors { get; private set; }

    /// <summary>The power fails in the operation that many changes from now; -1 for not.</summary>
    public int OperationsUntilPowerLoss { get; set; } = -1;

    /// <summary>Takes away what was to fail later.</summary>
    public void Repair() => (FailNextSync, IsFull, OperationsUntilPowerLoss) = (false, false, -1);

    public IReadOnlyList<string> List() => [.. _names.Keys];

    public void Create(string name, long length, bool isBeside = false)
    {
        if (IsFull)
        {
            Errors++;
            world.Faults.Add(FaultKind.DiskFull);
            throw new DiskFullException("no space left on the simulated disk");
        }

        Require(!_names.ContainsKey(name), "a file is created once");
        var file = new SimFile(length, sectorSize);
        Change(names => names[name] = file);
    }

    public long Length(string name) => Find(name).Length;

    public int Read(string name, long offset, Span<byte> buffer) => Find(name).Read(offset, buffer);

    public void Write(string name, long offset, ReadOnlySpan<byte> bytes)
    {
        Find(name).Write(offset, bytes);
        CountOperation(); // may take the power away with the bytes in place but not durable
    }

    public void Sync(string name)
    {
        CountOperation();
        var file = Find(name);
        if (FailNextSync)
        {
            FailNextSync = false;
            Errors++;
            world.Faults.Add(FaultKind.SyncError);
            file.LoseUnsynced(prng); // the kernel marks the pages clean whether they reached the disk or not
            throw new IOException("the simulated disk failed to sync");
        }

        file.Sync();
    }

    public void Delete(string name)
    {
        Find(name);
        Change(names => names.Remove(name));
    }

    public void Rename(string from, string to)
    {
        Find(from);
        Change(names =>
        {
            if (names.Remove(from, out var file)) names[to] = file;
        });
    }

    public void SyncDirectory()
    {
        CountOperation();
        foreach (var change in _unsyncedNames) change(_durableNames);
        _unsyncedNames.Clear();
    }

    /// <summary>The machine lost power: only what was durable is there, and by chance some of what was not.</summary>
    public void LosePower()
    {
        var kept = _unsyncedNames.Count == 0 ? 0 : prng.Below(_unsyncedNames.Count + 1);
        for (var i = 0; i < _unsyncedNames.Count; i++)
        {
            if (i < kept) _unsyncedNames[i](_durableNames);
            else world.Faults.Add(FaultKind.LostName);
        }

        OperationsUntilPowerLoss = -1;
        _unsyncedNames.Clear();
        _names = new SortedDictionary<string, SimFile>(_durableNames, StringComparer.Ordinal);
        foreach (var file in _names.Values)
        {
            var (dirty, lost) = file.LoseUnsynced(prng);
            if (lost == 0) continue;
            world.Faults.Add(lost == dirty ? FaultKind.LostWrite : FaultKind.TornWrite);
        }
    }

    /// <summary>Everything is gone: a new, empty disk.</summary>
    public void Wipe()
    {
        _unsyncedNames.Clear();
        _names = new SortedDictionary<string, SimFile>(StringComparer.Ordinal);
        _durableNames = new SortedDictionary<string, SimFile>(StringComparer.Ordinal);
    }

    /// <summary>Flips one bit that was durable. <paramref name="place"/> picks an offset of a file, or -1 for "not
    /// here".</summary>
    public bool Rot(Func<string, long, long> place)
    {
        foreach (var (name, file) in _names)
        {
            var offset = place(name, file.Length);
            if (offset < 0) continue;
            file.Flip(offset, prng.Below(8));
            world.Faults.Add(FaultKind.BitRot);
            return true;
        }

        return false;
    }

    private void Change(Action<SortedDictionary<string, SimFile>> change)
    {
        CountOperation();
        change(_names);
        _unsyncedNames.Add(change);
    }

    /// <summary>One more operation; the power may fail in it.</summary>
    public void CountOperation()
    {
        if (OperationsUntilPowerLoss >= 0 && --OperationsUntilPowerLoss < 0) throw new SimulatedPowerLoss();
    }

    private SimFile Find(string name) =>
        _names.TryGetValue(name, out var file)
            ? file : throw new FileNotFoundException("no such file on the simulated disk", name);

    private static void Require(bool holds, string rule) => Invariant.Require(holds, rule);
}
