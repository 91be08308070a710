using System.Text;
using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>Says what a replica's state is, as a value and as a line of text.</summary>
internal static class StatusReport
{
    public static ChainStatus Of(ChainReplica replica) => new()
    {
        Role = RoleOf(replica),
        Configuration = replica.Accepted.Newest,
        CommitIndex = replica.CommitIndex,
        LastApplied = replica.LastApplied,
        FirstIndex = replica.Log.FirstIndex,
        LastIndex = replica.Log.LastIndex,
        DurableIndex = replica.Journal.DurableIndex,
        Verified = replica.Verified,
        SnapshotIndex = replica.SnapshotMaker.SealedIndex,
        Dirty = replica.Dirty.Total,
        LeaseValid = replica.HasLease,
        NeedsState = !replica.Accepted.HasState,
        Fed = [.. Fed(replica).Select(link => new FedStatus(
            link.Node,
            link.State,
            link.Durable,
            replica.Log.LastIndex - link.Durable,
            replica.Log.BytesFrom(link.Durable.Next),
            link.SilentTicks))],
    };

    public static void Describe(ChainReplica replica, StringBuilder text)
    {
        text.Append(replica.Self).Append(' ').Append(RoleOf(replica)).Append(' ').Append(replica.Accepted.Epoch);
        if (replica.Accepted.Newest is { } configuration)
        {
            text.Append(" chain ").AppendJoin('>', configuration.InSync);
            if (configuration.Learners.Count > 0) text.Append(" learners ").AppendJoin(',', configuration.Learners);
        }

        text.Append(" log ").Append(replica.Log.FirstIndex).Append("..").Append(replica.Log.LastIndex);
        text.Append('/').Append(replica.Log.LastStamp);
        text.Append(" durable ").Append(replica.Journal.DurableIndex).Append(" commit ").Append(replica.CommitIndex);
        if (replica.Verified != replica.Log.LastIndex) text.Append(" verified ").Append(replica.Verified);
        if (replica.Dirty.Total > 0) text.Append(" dirty ").Append(replica.Dirty.Total);
        if (replica.HasLease) text.Append(" lease");
        if (!replica.Accepted.HasState) text.Append(" needs state");
        if (replica.SnapshotMaker.SealedIndex.Value > 0) text.Append(" snapshot ").Append(replica.SnapshotMaker.SealedIndex);
        foreach (var link in Fed(replica))
        {
            text.Append(" [").Append(link.Node).Append(' ').Append(link.State).Append(" durable ").Append(link.Durable);
            text.Append(" next ").Append(link.NextIndex).Append(']');
        }

        if (replica.Wanted is { } wanted) text.Append(" wants ").AppendJoin('>', wanted.InSync);
    }

    private static ChainRole RoleOf(ChainReplica replica) => replica.Position switch
    {
        null => ChainRole.Outside,
        { Head: not null, Tail: not null } => ChainRole.Sole,
        { Head: not null } => ChainRole.Head,
        { Tail: not null } => ChainRole.Tail,
        { IsLearner: true } => ChainRole.Learner,
        _ => ChainRole.Middle,
    };

    private static IEnumerable<Successor> Fed(ChainReplica replica)
    {
        if (replica.Position?.Successor is { } successor) return [successor];
        return replica.Position?.Tail?.Learners ?? [];
    }

    /// <summary>The replicas behind the head. A head hears its successor alone: of the others it knows that they have what is
    /// committed. Their silence would stop the acknowledgements, and their neighbours would have noticed it.</summary>
    public static IReadOnlyList<FollowerView> FollowersOf(ChainReplica replica)
    {
        if (!replica.IsLeader) return [];
        var followers = new List<FollowerView>();
        var successor = Fed(replica).FirstOrDefault();
        var heard = (successor?.SilentTicks ?? 0) * (long)IReplica.TickLength;
        foreach (var node in replica.Configuration?.InSync ?? [])
        {
            if (node == replica.Self) continue;
            var match = successor?.Node == node ? LogIndex.Max(successor.Durable, replica.CommitIndex) : replica.CommitIndex;
            followers.Add(new FollowerView(node, match, replica.Log.LastIndex - match, heard, "replicate"));
        }

        followers.Sort((a, b) => a.Node.CompareTo(b.Node));
        return followers;
    }
}
