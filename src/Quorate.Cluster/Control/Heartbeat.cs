using System.Buffers;
using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>What a node tells about its replica of one group.</summary>
/// <param name="Wanted">The configuration that a primary or chain replica asks for; of the leader of a raft group the one
/// that is committed there.</param>
/// <param name="Leads">For a raft group: this replica is the leader.</param>
public sealed record GroupBeat(GroupId Group, ReplicaReport Report, GroupConfiguration? Wanted = null, bool Leads = false)
{
    /// <summary>Replicas whose state was found to differ from the majority's: the leader says it of others, and one that was told
    /// of itself.</summary>
    public IReadOnlyList<NodeId> Diverged { get; init; } = [];
}

/// <summary>A node → the control leader: it lives, how its disk does, what its replicas hold and want.</summary>
public sealed class Heartbeat : Message
{
    public const ushort WireKind = 8;

    public override ushort Kind => WireKind;

    /// <summary>Of the sender's life, greater with every start: what an earlier life said is ignored, and so is an answer to
    /// it, which carries a send time of an earlier clock.</summary>
    public long Incarnation { get; init; }

    /// <summary>The sender's monotonic clock (<see cref="StepTime.Nanoseconds"/>) when it sent this.</summary>
    public long SentAt { get; init; }

    /// <summary>How long the oldest write handed to the journal has been waiting for the disk, in milliseconds.</summary>
    public int OldestUnsyncedMilliseconds { get; init; }

    /// <summary>How long the last fdatasync took, in milliseconds.</summary>
    public int LastSyncMilliseconds { get; init; }

    /// <summary>0: <see cref="Groups"/> are all groups of the node. Else the <see cref="SentAt"/> of an earlier heartbeat that
    /// was answered: these are the groups that are not as they were in that one.</summary>
    public long BasedOn { get; init; }

    public IReadOnlyList<GroupBeat> Groups { get; init; } = [];

    /// <summary>Groups of which the node has no replica any more and had one when it sent <see cref="BasedOn"/>.</summary>
    public IReadOnlyList<GroupId> Gone { get; init; } = [];

    public override void Encode(IBufferWriter<byte> output)
    {
        var writer = new FieldWriter(output);
        writer.Int64(Incarnation);
        writer.Int64(SentAt);
        writer.Int32(OldestUnsyncedMilliseconds);
        writer.Int32(LastSyncMilliseconds);
        writer.Int64(BasedOn);
        writer.Int32(Groups.Count);
        foreach (var group in Groups)
        {
            writer.Int32(group.Group.Value);
            writer.Report(group.Report);
            writer.Flag(group.Leads);
            writer.Flag(group.Wanted is not null);
            if (group.Wanted is not null) writer.Configuration(group.Wanted);
            writer.Nodes(group.Diverged);
        }

        writer.Int32(Gone.Count);
        foreach (var group in Gone) writer.Int32(group.Value);
    }

    public static bool TryDecode(ReadOnlyMemory<byte> body, out Heartbeat? message)
    {
        var reader = new FieldReader(body.Span);
        var incarnation = reader.Int64();
        var sentAt = reader.Int64();
        var oldest = reader.Between(0, int.MaxValue);
        var last = reader.Between(0, int.MaxValue);
        var basedOn = reader.Int64();
        var count = reader.Count(ControlLimits.MostGroups);
        var groups = new List<GroupBeat>();
        for (var i = 0; i < count && !reader.HasFailed; i++)
        {
            var group = reader.Group();
            var report = reader.Report();
            var leads = reader.Flag();
            groups.Add(new GroupBeat(
                group, report, reader.Flag() ? reader.Configuration() : null, leads)
            { Diverged = reader.Nodes() });
        }

        var gone = new List<GroupId>();
        for (var n = reader.Count(ControlLimits.MostGroups); n > 0 && !reader.HasFailed; n--) gone.Add(reader.Group());
        message = !reader.IsWhole ? null : new Heartbeat
        {
            Incarnation = incarnation,
            SentAt = sentAt,
            OldestUnsyncedMilliseconds = oldest,
            LastSyncMilliseconds = last,
            BasedOn = basedOn,
            Groups = groups,
            Gone = gone,
        };
        return message is not null;
    }
}
