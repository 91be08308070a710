using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Replication.Crdt;

namespace Quorate.Data.Merging;

/// <summary>Where each object of a store stands: in the table, in the list of conflicts, in the order of deadlines, and in the
/// queue of those of which something may be forgotten once every replica has confirmed it.</summary>
internal sealed class KeyPlaces(MergingStoreOptions options)
{
    private readonly SortedSet<byte[]> _conflicted = new(ByteKeys.Comparer);
    private readonly SortedSet<(long When, byte[] Key)> _due =
        new(Comparer<(long When, byte[] Key)>.Create((a, b) =>
            a.When != b.When ? a.When.CompareTo(b.When) : ByteKeys.Comparer.Compare(a.Key, b.Key)));

    private readonly Queue<KeyObject> _uncollected = [];

    public ObjectTable Table { get; } = new();

    /// <summary>Keys in conflict, in order.</summary>
    public IReadOnlyCollection<byte[]> Conflicted => _conflicted;

    public KeyObject? Find(ReadOnlySpan<byte> key) => Table.Find(key, Hash.Of(key));

    /// <summary>Puts an object that has changed where it now belongs.</summary>
    public void Place(KeyObject o)
    {
        var isGone = o.IsGone;
        if (!isGone && !o.IsKept) Table.Add(o);
        if (o.IsKept) Table.ChangeDigest(o, o.ComputeDigest());
        if (isGone && o.IsKept && !o.IsQueued) Table.Remove(o);
        var isConflicted = IsConflicted(o);
        if (isConflicted != o.IsListed)
        {
            o.IsListed = isConflicted;
            if (isConflicted) _conflicted.Add(o.Key);
            else _conflicted.Remove(o.Key);
        }

        // Also a deadline of what is not there (yet: the deltas may come out of order) waits until it is due.
        var due = o.Deadline;
        if (due != o.DueAt)
        {
            if (o.DueAt != KeyObject.Never) _due.Remove((o.DueAt, o.Key));
            if (due != KeyObject.Never) _due.Add((due, o.Key));
            o.DueAt = due;
        }

        if (!isGone && !o.IsQueued) Enqueue(o);
    }

    /// <summary>Forgets what <paramref name="floor"/> covers, looking at no more than <paramref name="budget"/> keys.</summary>
    public void Collect(VersionVector floor, int budget)
    {
        for (var left = Math.Min(budget, _uncollected.Count); left > 0; left--)
        {
            var o = _uncollected.Dequeue();
            o.IsQueued = false;
            if (o.Collect(floor)) Enqueue(o);
            else if (o.IsGone) Table.Remove(o);
        }
    }

    /// <summary>Keys whose deadline is past by the grace, soonest first: those whose deadline <paramref name="node"/> has set,
    /// and those that whoever has set it should have removed by now.</summary>
    public List<byte[]> DueKeys(long nowMilliseconds, int most, NodeId node)
    {
        var due = new List<byte[]>();
        foreach (var (when, key) in _due)
        {
            if (due.Count == most || when > nowMilliseconds - options.ExpiryGraceMilliseconds) break;
            var deadlines = Find(key)!.Deadlines!;
            var isOwn = deadlines[deadlines.Count - 1].Dot.Node == node;
            if (isOwn || when <= nowMilliseconds - (2 * options.ExpiryGraceMilliseconds)) due.Add(key);
        }

        return due;
    }

    private void Enqueue(KeyObject o)
    {
        if (o.Context.Count == 0 && o.IsLive && o.Text is not { HasRemains: true } && o.Fields is null && o.Scores is null)
            return;
        o.IsQueued = true;
        _uncollected.Enqueue(o);
    }

    private bool IsConflicted(KeyObject o) =>
        o.KindCount > 1
        || (o.Text is { Register.Count: > 1 } && options.Conflicts != ConflictRule.Lww && o.Merged is null)
        || (o.Text is { Counter.IsLive: true, Register.Count: > 0 } && !TextValue.IsNumber(o, options.Rules));
}
