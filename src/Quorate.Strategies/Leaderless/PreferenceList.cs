using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>
/// In which order members are asked to hold a partition: rendezvous hashing, every member draws a number for every partition and
/// the greatest come first. A member more or less moves only what it gains or held. [Dynamo §4.2, §4.3]
/// </summary>
internal static class PreferenceList
{
    public static NodeId[] Of(int partition, IReadOnlyList<NodeId> members)
    {
        var order = new (ulong Weight, NodeId Node)[members.Count];
        for (var i = 0; i < order.Length; i++) order[i] = (~WeightOf(partition, members[i]), members[i]);
        // By weight; where two are equal, by id.
        Array.Sort(order);
        return Array.ConvertAll(order, o => o.Node);
    }

    private static ulong WeightOf(int partition, NodeId node)
    {
        Span<byte> bytes = stackalloc byte[12];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, partition);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], node.Value);
        return Hash.Of(bytes);
    }
}
