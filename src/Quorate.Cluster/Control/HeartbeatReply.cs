using System.Buffers;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Cluster.Control;

/// <summary>A node's place in a group: all it needs to make a replica and to configure it.</summary>
public sealed record GroupAssignment(GroupId Group, Policy Policy, GroupConfiguration Configuration);

/// <summary>The control leader's answer to one <see cref="Heartbeat"/>. The node hands it on in this order: assignments
/// (OnConfiguration), grants (OnLease until <see cref="Leases.UntilOnNode"/>), hand-overs.</summary>
public sealed class HeartbeatReply : Message
{
    public const ushort WireKind = 9;

    public override ushort Kind => WireKind;

    /// <summary>As in the heartbeat. A node ignores an answer to another life of itself.</summary>
    public long Incarnation { get; init; }

    /// <summary>As in the heartbeat: the node's own clock, from which the leases run.</summary>
    public long SentAt { get; init; }

    /// <summary>1 and up.</summary>
    public int LeaseMilliseconds { get; init; }

    public long MapVersion { get; init; }

    /// <summary>Groups of which the node has an older epoch than the map, or has no replica yet.</summary>
    public IReadOnlyList<GroupAssignment> Assignments { get; init; } = [];

    /// <summary>The node may act in the role that the epoch gives it.</summary>
    public IReadOnlyList<(GroupId Group, Epoch Epoch)> Grants { get; init; } = [];

    /// <summary>The node leads the group and is to hand leadership to another (TransferLeadership).</summary>
    public IReadOnlyList<(GroupId Group, NodeId To)> HandOvers { get; init; } = [];

    /// <summary>Groups of which the node has a replica and that are no more, or of which it is no member any more and that
    /// need nothing of it: the data may go.</summary>
    public IReadOnlyList<GroupId> Dropped { get; init; } = [];

    /// <summary>The control leader does not know the heartbeat that this one was <see cref="Heartbeat.BasedOn"/>: the node is to
    /// tell of all its groups. Such an answer says nothing else.</summary>
    public bool WantsAll { get; init; }

    public override void Encode(IBufferWriter<byte> output)
    {
        var writer = new FieldWriter(output);
        writer.Int64(Incarnation);
        writer.Int64(SentAt);
        writer.Int32(LeaseMilliseconds);
        writer.Int64(MapVersion);
        writer.Flag(WantsAll);
        writer.Int32(Assignments.Count);
        foreach (var assignment in Assignments)
        {
            writer.Int32(assignment.Group.Value);
            writer.Policy(assignment.Policy);
            writer.Configuration(assignment.Configuration);
        }

        writer.Int32(Grants.Count);
        foreach (var (group, epoch) in Grants)
        {
            writer.Int32(group.Value);
            writer.Int64(epoch.Value);
        }

        writer.Int32(HandOvers.Count);
        foreach (var (group, to) in HandOvers)
        {
            writer.Int32(group.Value);
            writer.Node(to);
        }

        writer.Int32(Dropped.Count);
        foreach (var group in Dropped) writer.Int32(group.Value);
    }

    public static bool TryDecode(ReadOnlyMemory<byte> body, out HeartbeatReply? message, StrategySet? strategies = null)
    {
        var reader = new FieldReader(body.Span, strategies);
        var (incarnation, sentAt, lease, version) = (
            reader.Int64(), reader.Int64(), reader.Between(1, int.MaxValue), reader.Natural());
        var wantsAll = reader.Flag();
        var assignments = new List<GroupAssignment>();
        var grants = new List<(GroupId, Epoch)>();
        var handOvers = new List<(GroupId, NodeId)>();
        var dropped = new List<GroupId>();
        for (var n = reader.Count(ControlLimits.MostGroups); n > 0 && !reader.HasFailed; n--)
            assignments.Add(new GroupAssignment(reader.Group(), reader.Policy(), reader.Configuration()));
        for (var n = reader.Count(ControlLimits.MostGroups); n > 0 && !reader.HasFailed; n--)
            grants.Add((reader.Group(), reader.Epoch()));
        for (var n = reader.Count(ControlLimits.MostGroups); n > 0 && !reader.HasFailed; n--)
            handOvers.Add((reader.Group(), reader.Node()));
        for (var n = reader.Count(ControlLimits.MostGroups); n > 0 && !reader.HasFailed; n--) dropped.Add(reader.Group());
        message = !reader.IsWhole ? null : new HeartbeatReply
        {
            Incarnation = incarnation,
            SentAt = sentAt,
            LeaseMilliseconds = lease,
            MapVersion = version,
            WantsAll = wantsAll,
            Assignments = assignments,
            Grants = grants,
            HandOvers = handOvers,
            Dropped = dropped,
        };
        return message is not null;
    }
}
