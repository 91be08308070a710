using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Maps;

/// <summary>Writes the fields of the control plane's entries, snapshots and heartbeats: little-endian, one way to write each
/// value.</summary>
internal readonly struct FieldWriter(IBufferWriter<byte> output)
{
    /// <summary>What follows a configuration's members, as flags.</summary>
    internal const int HasRule = 1;

    internal const int HasStandby = 2;

    /// <summary>A strategy's byte with this flag: the policy has replicas that no acknowledgement waits for.</summary>
    internal const int WithStandby = 0x80;

    public void Byte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(sizeof(int));
    }

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }

    /// <summary>UTF-8 with its length before it.</summary>
    public void Text(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        Invariant.Require(bytes.Length <= ControlLimits.LongestTextBytes, "texts of the map were measured before");
        Byte((byte)bytes.Length);
        output.Write(bytes);
    }

    /// <summary>UTF-8 of any length, or nothing.</summary>
    public void LongTextOrNone(string? value)
    {
        Flag(value is not null);
        if (value is null) return;
        var bytes = Encoding.UTF8.GetBytes(value);
        Int32(bytes.Length);
        output.Write(bytes);
    }

    /// <summary>A text or nothing.</summary>
    public void TextOrNone(string? value)
    {
        Flag(value is not null);
        if (value is not null) Text(value);
    }

    public void Node(NodeId node) => Int32(node.Value);

    public void Nodes(IReadOnlyList<NodeId> nodes)
    {
        Byte((byte)nodes.Count);
        for (var i = 0; i < nodes.Count; i++) Node(nodes[i]);
    }

    public void Configuration(GroupConfiguration configuration)
    {
        Int64(configuration.Epoch.Value);
        Node(configuration.Leader);
        Nodes(configuration.InSync);
        Nodes(configuration.Learners);
        var delay = configuration.Rule?.DelayMilliseconds ?? 0;
        var hasStandby = delay > 0 || !configuration.Standby.IsEmpty;
        Byte((byte)((configuration.Rule is null ? 0 : HasRule) | (hasStandby ? HasStandby : 0)));
        if (configuration.Rule is { } rule)
        {
            rule.Write(output.GetSpan(GroupRule.EncodedLength));
            output.Advance(GroupRule.EncodedLength);
        }

        if (hasStandby) configuration.Standby.Write(output, delay);
    }

    public void Report(in ReplicaReport report)
    {
        Int64(report.Epoch.Value);
        Int64(report.LastEpoch.Value);
        Int64(report.LastIndex.Value);
        Int64(report.CommitIndex.Value);
        Flag(report.NeedsState);
    }

    public void Labels(NodeLabels labels)
    {
        TextOrNone(labels.Provider);
        TextOrNone(labels.Region);
        TextOrNone(labels.Zone);
    }

    public void Policy(Policy policy)
    {
        var hasStandby = policy.Delayed > 0 || policy.Cascaded > 0;
        Byte((byte)(policy.Strategy.Id | (hasStandby ? WithStandby : 0)));
        Byte((byte)policy.Ack);
        Byte((byte)policy.Ship);
        Byte((byte)policy.Reads);
        Byte((byte)policy.WhenShort);
        Byte((byte)policy.Durability);
        Int32(policy.Replicas);
        Int32(policy.AckBackups);
        Int32(policy.MinInSync);
        Int32(policy.BoundMilliseconds);
        TextOrNone(policy.Spread);
        if (policy.IsMerging) Merging(policy);
        if (!hasStandby) return;
        Int32(policy.Delayed);
        Int32(policy.DelayMilliseconds);
        Int32(policy.Cascaded);
    }

    private void Merging(Policy policy)
    {
        Byte((byte)policy.Conflicts);
        Byte((byte)policy.Topology);
        Int32(policy.N);
        Int32(policy.R);
        Int32(policy.W);
        Flag(policy.Sloppy);
        Flag(policy.Consensus);
        TextOrNone(policy.MergeName);
        LongTextOrNone(policy.MergeScript);
        Int32(policy.KeepLosersSeconds);
    }
}
