using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>A <see cref="GroupConfiguration"/> as bytes: epoch, leader, count of in-sync replicas, count of learners, ids, and
/// the rule if there is one; where there are standby replicas, whether there is a rule, and they.</summary>
internal static class ConfigurationCodec
{
    private const int MostMembers = 1024;

    public static void Write(IBufferWriter<byte> output, GroupConfiguration configuration)
    {
        Wire.Write(
            output,
            configuration.Epoch.Value, configuration.Leader.Value, configuration.InSync.Count, configuration.Learners.Count);
        foreach (var node in configuration.Members) Wire.Write(output, node.Value);
        var rule = configuration.Rule;
        var delay = rule?.DelayMilliseconds ?? 0;
        var hasStandby = delay > 0 || !configuration.Standby.IsEmpty;
        if (rule is null && !hasStandby) return;
        var bytes = output.GetSpan(GroupRule.EncodedLength)[..GroupRule.EncodedLength];
        bytes.Clear();
        rule?.Write(bytes);
        output.Advance(GroupRule.EncodedLength);
        if (!hasStandby) return;
        output.GetSpan(1)[0] = rule is null ? (byte)0 : (byte)1;
        output.Advance(1);
        configuration.Standby.Write(output, delay);
    }

    public static bool TryRead(ref WireReader reader, out GroupConfiguration? configuration)
    {
        configuration = null;
        if (!reader.TryNatural(out var epoch) || !reader.TryNatural(out var leader) || !reader.TryNatural(out var inSync)
            || !reader.TryNatural(out var learners)
                || leader > int.MaxValue || inSync > MostMembers || learners > MostMembers) return false;
        var members = new List<NodeId>();
        for (var i = 0; i < inSync + learners; i++)
        {
            if (!reader.TryNatural(out var node) || node is 0 or > int.MaxValue || members.Contains(new NodeId((int)node)))
                return false;
            members.Add(new NodeId((int)node));
        }

        var named = new NodeId((int)leader);
        if (!named.IsNone && members.IndexOf(named) is var at && (at < 0 || at >= inSync)) return false;
        var standby = Standby.Nobody;
        if (!TryReadRule(reader.IsAtEnd ? default : reader.Rest(), out var rule, ref standby)) return false;
        var learning = members.GetRange((int)inSync, (int)learners);
        foreach (var node in standby.Delayed) if (!learning.Contains(node)) return false;
        foreach (var feed in standby.Feeds) if (!learning.Contains(feed.Replica)) return false;
        configuration = new GroupConfiguration(
            new Epoch(epoch), named, members.GetRange(0, (int)inSync), learning)
        { Rule = rule, Standby = standby };
        return true;
    }

    private static bool TryReadRule(ReadOnlySpan<byte> bytes, out GroupRule? rule, ref Standby standby)
    {
        rule = null;
        if (bytes.IsEmpty) return true;
        if (bytes.Length == GroupRule.EncodedLength) return GroupRule.TryRead(bytes, out rule);
        if (bytes.Length < GroupRule.EncodedLength + 1 || bytes[GroupRule.EncodedLength] > 1) return false;
        var hasRule = bytes[GroupRule.EncodedLength] == 1;
        if (hasRule
            ? !GroupRule.TryRead(bytes[..GroupRule.EncodedLength], out rule)
            : bytes[..GroupRule.EncodedLength].ContainsAnyExcept((byte)0))
            return false;
        var rest = bytes[(GroupRule.EncodedLength + 1)..];
        if (!Standby.TryRead(ref rest, out standby, out var delay) || !rest.IsEmpty || (delay > 0 ? !hasRule : standby.IsEmpty))
            return false;
        if (rule is not null) rule = rule with { DelayMilliseconds = delay };
        return true;
    }
}
