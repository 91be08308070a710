using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>
/// Counts, by key, the commands in the log that are not applied yet: the dirty versions of [CRAQ §2.3]. The values
/// themselves need no second place, because the state machine holds committed state only and a dirty version is the log
/// entry itself.
/// <para>The table is fixed: keys whose hashes share their low bits share a counter. A key can so look dirty because of
/// another (the read asks the tail: slower, not wrong), but never clean while it has an unfinished write.</para>
/// </summary>
internal sealed class DirtyKeys
{
    private const int Counters = 4096;
    private readonly int[] _counts = new int[Counters];

    /// <summary>Commands about several keys, or keys not told: they make everything dirty.</summary>
    private int _all;

    /// <summary>All commands not applied yet.</summary>
    public int Total { get; private set; }

    public void Add(EntryKind kind, ulong keyHash) => Count(kind, keyHash, 1);

    public void Remove(EntryKind kind, ulong keyHash)
    {
        Count(kind, keyHash, -1);
        Invariant.Require(Total >= 0 && _all >= 0 && _counts[Slot(keyHash)] >= 0, "what is not dirty is not cleaned");
    }

    /// <summary>Whether the key has an unfinished write; hash 0 asks for every key.</summary>
    public bool IsDirty(ulong keyHash) => keyHash == 0 ? Total > 0 : _all > 0 || _counts[Slot(keyHash)] > 0;

    private static int Slot(ulong keyHash) => (int)(keyHash & (Counters - 1));

    private void Count(EntryKind kind, ulong keyHash, int by)
    {
        if (kind != EntryKind.Command) return;
        Total += by;
        if (keyHash == 0) _all += by;
        else _counts[Slot(keyHash)] += by;
    }
}
