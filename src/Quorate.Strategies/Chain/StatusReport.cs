using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>Says what a replica's state is, as a value and as a line of text.</summary>
internal sealed class StatusReport(
    AcceptedEpoch accepted, FrameLog<Epoch> log, ChainJournal journal, Commits commits, Place place, DirtyKeys dirty,
    SnapshotMaker maker)
{
    public ChainStatus Make() => new()
    {
        Role = Role(),
        Configuration = accepted.Newest,
        CommitIndex = commits.CommitIndex,
        LastApplied = commits.LastApplied,
        FirstIndex = log.FirstIndex,
        LastIndex = log.LastIndex,
        DurableIndex = journal.DurableIndex,
        Verified = commits.Verified,
        SnapshotIndex = maker.SealedIndex,
        Dirty = dirty.Total,
        LeaseValid = accepted.HasLease,
        NeedsState = !accepted.HasState,
        Fed = [.. Fed().Select(link => new FedStatus(
            link.Node,
            link.State,
            link.Durable,
            log.LastIndex - link.Durable,
            log.BytesFrom(link.Durable.Next),
            link.SilentTicks))],
    };

    public void Describe(StringBuilder text, GroupConfiguration? wanted)
    {
        text.Append(accepted.Self).Append(' ').Append(Role()).Append(' ').Append(accepted.Epoch);
        if (accepted.Newest is { } configuration)
        {
            text.Append(" chain ").AppendJoin('>', configuration.InSync);
            if (configuration.Learners.Count > 0) text.Append(" learners ").AppendJoin(',', configuration.Learners);
        }

        text.Append(" log ").Append(log.FirstIndex).Append("..").Append(log.LastIndex);
        text.Append('/').Append(log.LastStamp);
        text.Append(" durable ").Append(journal.DurableIndex).Append(" commit ").Append(commits.CommitIndex);
        if (commits.Verified != log.LastIndex) text.Append(" verified ").Append(commits.Verified);
        if (dirty.Total > 0) text.Append(" dirty ").Append(dirty.Total);
        if (accepted.HasLease) text.Append(" lease");
        if (!accepted.HasState) text.Append(" needs state");
        if (maker.SealedIndex.Value > 0) text.Append(" snapshot ").Append(maker.SealedIndex);
        foreach (var link in Fed())
        {
            text.Append(" [").Append(link.Node).Append(' ').Append(link.State).Append(" durable ").Append(link.Durable);
            text.Append(" next ").Append(link.NextIndex).Append(']');
        }

        if (wanted is not null) text.Append(" wants ").AppendJoin('>', wanted.InSync);
    }

    private ChainRole Role() => place.Position switch
    {
        null => ChainRole.Outside,
        { Head: not null, Tail: not null } => ChainRole.Sole,
        { Head: not null } => ChainRole.Head,
        { Tail: not null } => ChainRole.Tail,
        { IsLearner: true } => ChainRole.Learner,
        _ => ChainRole.Middle,
    };

    private IEnumerable<Successor> Fed()
    {
        if (place.Position?.Successor is { } successor) return [successor];
        return place.Position?.Tail?.Learners ?? [];
    }

    /// <summary>The replicas behind the head. A head hears its successor alone: of the others it knows that they have what is
    /// committed. Their silence would stop the acknowledgements, and their neighbours would have noticed it.</summary>
    public IReadOnlyList<FollowerView> Followers()
    {
        if (!place.MayOrder) return [];
        var followers = new List<FollowerView>();
        var successor = Fed().FirstOrDefault();
        var heard = (successor?.SilentTicks ?? 0) * (long)IReplica.TickLength;
        foreach (var node in accepted.Newest?.InSync ?? [])
        {
            if (node == accepted.Self) continue;
            var match = successor?.Node == node ? LogIndex.Max(successor.Durable, commits.CommitIndex) : commits.CommitIndex;
            followers.Add(new FollowerView(node, match, log.LastIndex - match, heard, "replicate"));
        }

        followers.Sort((a, b) => a.Node.CompareTo(b.Node));
        return followers;
    }
}
