using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>A <see cref="GroupConfiguration"/> as bytes: epoch, leader, count of in-sync replicas, count of learners, ids, and the rule if there is one.</summary>
internal static class ConfigurationCodec
{
    private const int MostMembers = 1024;

    public static void Write(IBufferWriter<byte> output, GroupConfiguration configuration)
    {
        Wire.Write(
            output, configuration.Epoch.Value, configuration.Leader.Value, configuration.InSync.Count, configuration.Learners.Count);
        foreach (var node in configuration.Members) Wire.Write(output, node.Value);
        if (configuration.Rule is not { } rule) return;
        rule.Write(output.GetSpan(GroupRule.EncodedLength)[..GroupRule.EncodedLength]);
        output.Advance(GroupRule.EncodedLength);
    }

    public static bool TryRead(ref WireReader reader, out GroupConfiguration? configuration)
    {
        configuration = null;
        if (!reader.TryNatural(out var epoch) || !reader.TryNatural(out var leader) || !reader.TryNatural(out var inSync)
            || !reader.TryNatural(out var learners) || leader > int.MaxValue || inSync > MostMembers || learners > MostMembers) return false;
        var members = new List<NodeId>();
        for (var i = 0; i < inSync + learners; i++)
        {
            if (!reader.TryNatural(out var node) || node is 0 or > int.MaxValue || members.Contains(new NodeId((int)node))) return false;
            members.Add(new NodeId((int)node));
        }

        var named = new NodeId((int)leader);
        if (!named.IsNone && members.IndexOf(named) is var at && (at < 0 || at >= inSync)) return false;
        var rule = default(GroupRule);
        if (!reader.IsAtEnd && !GroupRule.TryRead(reader.Rest(), out rule)) return false;
        configuration = new GroupConfiguration(
            new Epoch(epoch), named, members.GetRange(0, (int)inSync), members.GetRange((int)inSync, (int)learners))
        { Rule = rule };
        return true;
    }
}
