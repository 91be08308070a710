using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.MultiLeader;

/// <summary>A <see cref="GroupConfiguration"/> as bytes: epoch, leader, in-sync members, learners.</summary>
internal static class ConfigurationCodec
{
    private const int MostMembers = 1024;

    public static void Write(IBufferWriter<byte> output, GroupConfiguration configuration)
    {
        Packing.WriteNatural(output, configuration.Epoch.Value);
        Packing.WriteNatural(output, configuration.Leader.Value);
        Write(output, configuration.InSync);
        Write(output, configuration.Learners);
    }

    public static bool TryRead(ref PackedReader reader, out GroupConfiguration? configuration)
    {
        configuration = null;
        if (!reader.TryNatural(out var epoch) || !reader.TryNatural(out var leader) || leader > int.MaxValue
            || !TryReadNodes(ref reader, out var inSync) || !TryReadNodes(ref reader, out var learners)) return false;
        configuration = new GroupConfiguration(new Epoch(epoch), new NodeId((int)leader), inSync, learners);
        return true;
    }

    private static void Write(IBufferWriter<byte> output, IReadOnlyList<NodeId> nodes)
    {
        Packing.WriteNumber(output, (ulong)nodes.Count);
        foreach (var node in nodes) Packing.WriteNumber(output, (ulong)node.Value);
    }

    private static bool TryReadNodes(ref PackedReader reader, out List<NodeId> nodes)
    {
        nodes = [];
        if (!reader.TryCount(1, out var count) || count > MostMembers) return false;
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryNode(out var node) || nodes.Contains(node)) return false;
            nodes.Add(node);
        }

        return true;
    }
}
