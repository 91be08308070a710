using System.Buffers.Binary;

namespace Quorate.Replication.Crdt;

/// <summary>A member of a sorted set at its place.</summary>
public readonly record struct Scored(double Score, byte[] Member) : IComparable<Scored>
{
    public int CompareTo(Scored other)
    {
        var order = Score.CompareTo(other.Score);
        return order != 0 ? order : ByteKeys.Comparer.Compare(Member, other.Member);
    }
}

/// <summary>
/// A sorted set: an observed-remove map from members to scores, where the last writer's score holds, plus what was added to it
/// since. Kept in order of score, then member. Scores are any number but NaN.
/// </summary>
public sealed class ScoredSet : ObservedRemoveMap
{
    private readonly SortedSet<Scored> _order = [];

    /// <summary>The members in order.</summary>
    public IEnumerable<Scored> InOrder => _order;

    /// <summary>The members from the greatest score down.</summary>
    public IEnumerable<Scored> InReverse => _order.Reverse();

    /// <summary>The score of a member that is there.</summary>
    public bool TryScore(ReadOnlySpan<byte> member, out double score)
    {
        score = Find(member)?.Place ?? 0;
        return Find(member) is not null;
    }

    public static byte[] EncodeScore(double score)
    {
        var bytes = new byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, score);
        return bytes;
    }

    /// <inheritdoc/>
    protected override void OnChanged(byte[] field, Cell cell, MergeRules rules)
    {
        if (cell.Place is { } before) _order.Remove(new Scored(before, field));
        cell.Place = cell.IsLive ? ScoreOf(cell, rules) : null;
        if (cell.Place is { } now) _order.Add(new Scored(now, field));
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        base.Clear();
        _order.Clear();
    }

    private static double ScoreOf(Cell cell, MergeRules rules)
    {
        var score = 0.0;
        // A value that is no score can only come from a replica gone wrong; every replica takes it for 0.
        if (cell.Register.Count > 0 && cell.Register.Winner(rules).Value is { Length: sizeof(double) } bytes)
            score = BinaryPrimitives.ReadDoubleLittleEndian(bytes);
        score += cell.Counter?.Value ?? 0;
        return double.IsNaN(score) ? 0 : score + 0.0;
    }
}
