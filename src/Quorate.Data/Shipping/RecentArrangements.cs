using Quorate.Replication;

namespace Quorate.Data.Shipping;

/// <summary>The last flushes and swaps of whole databases, each as the arrangement it made. Bounded: with the oldest forgotten,
/// changes since before it are unknown.</summary>
internal sealed class RecentArrangements
{
    /// <summary>Arrangements kept, at most.</summary>
    public const int Most = 256;

    /// <param name="From">The arrangement leads from the state after this entry</param>
    /// <param name="To">to the state after this one.</param>
    private readonly record struct Change(LogIndex From, LogIndex To, byte[] Sources);

    private readonly Queue<Change> _changes = [];

    /// <summary>All changes after this entry are known.</summary>
    public LogIndex KnownSince { get; private set; }

    /// <summary>Nothing before and at this entry is known.</summary>
    public void Forget(LogIndex upTo)
    {
        KnownSince = upTo;
        _changes.Clear();
    }

    public void Note(LogIndex from, LogIndex to, ReadOnlySpan<byte> sources)
    {
        if (_changes.Count == Most) KnownSince = LogIndex.Max(KnownSince, _changes.Dequeue().To);
        _changes.Enqueue(new Change(from, to, sources.ToArray()));
    }

    /// <summary>
    /// Makes one arrangement of all after <paramref name="since"/>. False: one of them leads from before to after it. It came as
    /// the sum of several entries, and a replica at <paramref name="since"/> has some of those already: a swap done twice is
    /// none.
    /// </summary>
    public bool TryCompose(LogIndex since, Span<byte> sources)
    {
        Arrangement.Unchanged.CopyTo(sources);
        Span<byte> before = stackalloc byte[Arrangement.Length];
        foreach (var change in _changes)
        {
            if (change.To <= since) continue;
            if (change.From < since) return false;
            sources.CopyTo(before);
            for (var i = 0; i < sources.Length; i++)
                sources[i] = change.Sources[i] == Arrangement.Nothing ? Arrangement.Nothing : before[change.Sources[i]];
        }

        return true;
    }
}
