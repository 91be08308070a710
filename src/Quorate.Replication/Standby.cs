using System.Buffers;
using System.Buffers.Binary;

namespace Quorate.Replication;

/// <summary>Cascading: <paramref name="Replica"/> is fed by <paramref name="Source"/> with what is committed, not by the
/// primary. Without a source, or while that is no member, by the primary all the same.</summary>
public readonly record struct Feed(NodeId Replica, NodeId Source);

/// <summary>
/// Learners of a configuration that are to stay learners: they hold the group's data, come never into sync, count for no
/// acknowledgement and are not named. Each is in one of the two lists.
/// </summary>
/// <param name="Delayed">They apply entries later, by <see cref="GroupRule.DelayMilliseconds"/>.</param>
/// <param name="Feeds">They are fed by another than the primary.</param>
public sealed record Standby(IReadOnlyList<NodeId> Delayed, IReadOnlyList<Feed> Feeds)
{
    private const int MostMembers = 255;

    public static readonly Standby Nobody = new([], []);

    public bool IsEmpty => Delayed.Count + Feeds.Count == 0;

    public bool Contains(NodeId node) => Delayed.Contains(node) || IsFed(node);

    public bool IsFed(NodeId node)
    {
        foreach (var feed in Feeds)
            if (feed.Replica == node) return true;
        return false;
    }

    /// <summary>The node is none of these any more, and feeds nobody.</summary>
    public Standby Without(NodeId node) => new(
        [.. Delayed.Where(n => n != node)],
        [.. Feeds.Where(f => f.Replica != node).Select(f => f.Source == node ? f with { Source = default } : f)]);

    public bool Equals(Standby? other) =>
        other is not null && Delayed.SequenceEqual(other.Delayed) && Feeds.SequenceEqual(other.Feeds);

    public override int GetHashCode() => (Delayed.Count * 31) + Feeds.Count;

    public override string ToString() =>
        (Delayed.Count == 0 ? "" : $" delayed=[{string.Join(' ', Delayed)}]")
        + (Feeds.Count == 0
            ? "" : $" fed=[{string.Join(' ', Feeds.Select(f => f.Source.IsNone ? $"{f.Replica}" : $"{f.Replica}<{f.Source}"))}]");

    /// <summary>The delay in milliseconds, then both lists, each with its count before it, little-endian.</summary>
    public void Write(IBufferWriter<byte> output, int delayMilliseconds)
    {
        ArgumentNullException.ThrowIfNull(output);
        Invariant.Require(Delayed.Count <= MostMembers && Feeds.Count <= MostMembers, "a group has few replicas");
        var length = sizeof(int) + 2 + (Delayed.Count * sizeof(int)) + (Feeds.Count * 2 * sizeof(int));
        var bytes = output.GetSpan(length)[..length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, delayMilliseconds);
        bytes[4] = (byte)Delayed.Count;
        bytes[5] = (byte)Feeds.Count;
        var at = 6;
        foreach (var node in Delayed) Put(bytes, node, ref at);
        foreach (var feed in Feeds)
        {
            Put(bytes, feed.Replica, ref at);
            Put(bytes, feed.Source, ref at);
        }

        output.Advance(length);
    }

    /// <summary>Reads what <see cref="Write"/> wrote and moves behind it.</summary>
    /// <returns>False: these bytes are none of that.</returns>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out Standby standby, out int delayMilliseconds)
    {
        standby = Nobody;
        delayMilliseconds = 0;
        if (bytes.Length < 6) return false;
        delayMilliseconds = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        var delayed = new NodeId[bytes[4]];
        var feeds = new Feed[bytes[5]];
        var length = 6 + (delayed.Length * sizeof(int)) + (feeds.Length * 2 * sizeof(int));
        if (delayMilliseconds < 0 || bytes.Length < length || delayed.Length + feeds.Length > MostMembers) return false;
        var at = 6;
        for (var i = 0; i < delayed.Length; i++)
            if (!TryTake(bytes, ref at, out delayed[i]) || delayed[i].IsNone || Array.IndexOf(delayed, delayed[i], 0, i) >= 0)
                return false;
        for (var i = 0; i < feeds.Length; i++)
        {
            if (!TryTake(bytes, ref at, out var replica) || !TryTake(bytes, ref at, out var source)) return false;
            if (replica.IsNone
                || replica == source || delayed.Contains(replica) || feeds.AsSpan(0, i).ToArray().Any(f => f.Replica == replica))
                return false;
            feeds[i] = new Feed(replica, source);
        }

        bytes = bytes[length..];
        if (delayed.Length + feeds.Length > 0) standby = new Standby(delayed, feeds);
        return true;
    }

    private static void Put(Span<byte> bytes, NodeId node, ref int at)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes[at..], node.Value);
        at += sizeof(int);
    }

    private static bool TryTake(ReadOnlySpan<byte> bytes, ref int at, out NodeId node)
    {
        var value = BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);
        at += sizeof(int);
        node = new NodeId(value);
        return value >= 0;
    }
}
