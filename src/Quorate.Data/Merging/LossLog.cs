using Quorate.Replication.Crdt;

namespace Quorate.Data.Merging;

/// <summary>A value that was overwritten though its writer and the overwriter did not know of each other.</summary>
/// <param name="AtMilliseconds">When this replica learnt of it, Unix milliseconds.</param>
/// <param name="Field">The field or member; empty for a string.</param>
public readonly record struct Loss(long AtMilliseconds, byte[] Key, Part Part, byte[] Field, Sibling Value)
{
    internal long Bytes => Key.Length + Field.Length + Value.Value.Length + 96;
}

/// <summary>
/// Overwritten concurrent values, oldest first, for those who want to know what the last writer won over. Each replica's own;
/// bounded by number, bytes and age.
/// </summary>
public sealed class LossLog(MergingStoreOptions options)
{
    private readonly Queue<Loss> _losses = [];
    private long _bytes;

    /// <summary>All that were ever kept.</summary>
    public long Total { get; private set; }

    /// <summary>Those that left it early for want of room.</summary>
    public long Dropped { get; private set; }

    public int Count => _losses.Count;

    public IEnumerable<Loss> OldestFirst => _losses;

    internal void Keep(in Loss loss)
    {
        Total++;
        _losses.Enqueue(loss with { Value = loss.Value with { Value = loss.Value.Value.AsSpan().ToArray() } });
        _bytes += loss.Bytes;
        while (_losses.Count > options.MostLosses || (_bytes > options.MostLossBytes && _losses.Count > 0))
        {
            Drop();
            Dropped++;
        }
    }

    /// <summary>Forgets what is too old.</summary>
    internal void Expire(long nowMilliseconds)
    {
        while (_losses.TryPeek(out var oldest) && nowMilliseconds - oldest.AtMilliseconds > options.LossesKeptMilliseconds)
            Drop();
    }

    private void Drop() => _bytes -= _losses.Dequeue().Bytes;
}
