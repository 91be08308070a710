using Quorate.Replication;

namespace Quorate.Simulation.Worlds;

/// <summary>
/// A node's notes on its simulated disk: a note that was written is there after every crash, and a crash in the middle of
/// writing leaves the new one or the one before. The snapshots of a forgotten group were deleted without a sync: they may
/// be back after a power loss.
/// </summary>
internal sealed class SimNotes(SimDisk disk, Prng prng)
{
    private readonly SortedDictionary<string, byte[]> _notes = new(StringComparer.Ordinal);
    private readonly List<(GroupId Group, SimSnapshots Snapshots)> _deleted = [];

    public ReadOnlyMemory<byte> Read(string name) => _notes.GetValueOrDefault(name);

    public void Write(string name, ReadOnlySpan<byte> bytes)
    {
        disk.CountOperation(); // the power fails before anything is there
        try
        {
            disk.CountOperation();
        }
        catch (SimulatedPowerLoss) when (prng.Chance(500))
        {
            Put(name, bytes);
            throw;
        }

        Put(name, bytes);
    }

    public void OnForgotten(GroupId group, SimSnapshots snapshots)
    {
        snapshots.Forget();
        _deleted.Add((group, snapshots));
    }

    /// <summary>Puts back what was deleted and, by chance, is not.</summary>
    public void OnCrash(bool losesPower, Dictionary<GroupId, SimSnapshots> snapshots)
    {
        if (losesPower)
            foreach (var (group, deleted) in _deleted)
                if (prng.Chance(500)) snapshots.TryAdd(group, deleted);
        _deleted.Clear();
    }

    private void Put(string name, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) _notes.Remove(name);
        else _notes[name] = bytes.ToArray();
    }
}
