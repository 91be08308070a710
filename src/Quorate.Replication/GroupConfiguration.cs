namespace Quorate.Replication;

/// <summary>
/// What the control plane has decided about one group of a strategy that does not elect for itself. Immutable; a newer
/// decision has a higher <see cref="Epoch"/>.
/// </summary>
/// <param name="Epoch">Counts the group's configurations.</param>
/// <param name="Leader">The primary, or the head of the chain; none while the replicas are only asked what they hold
/// (they accept the epoch, refuse everything older, and report).</param>
/// <param name="InSync">The replicas counted as holding every acknowledged write, as the strategy's rule says. For a
/// chain: all its replicas in order, head first, tail last.</param>
/// <param name="Learners">Replicas that are being brought up to date and count for nothing yet.</param>
public sealed record GroupConfiguration(
    Epoch Epoch,
    NodeId Leader,
    IReadOnlyList<NodeId> InSync,
    IReadOnlyList<NodeId> Learners)
{
    /// <summary>What the replicas act by from this epoch on; null: as they were made.</summary>
    public GroupRule? Rule { get; init; }

    /// <summary>The learners that are to stay learners.</summary>
    public Standby Standby { get; init; } = Standby.Nobody;

    /// <summary>Everybody who holds the group's data or is about to.</summary>
    public IEnumerable<NodeId> Members => InSync.Concat(Learners);

    public bool Contains(NodeId node) => InSync.Contains(node) || Learners.Contains(node);

    /// <summary>Who sends <paramref name="node"/> its entries: its source as long as that is a member, else the leader.</summary>
    public NodeId SourceOf(NodeId node)
    {
        foreach (var feed in Standby.Feeds)
            if (feed.Replica == node && Contains(feed.Source)) return feed.Source;
        return Leader;
    }

    /// <summary>The next epoch's configuration, in which the node is no member.</summary>
    public GroupConfiguration Without(NodeId node) => this with
    {
        Epoch = Epoch.Next,
        InSync = [.. InSync.Where(n => n != node)],
        Learners = [.. Learners.Where(n => n != node)],
        Standby = Standby.Without(node),
    };

    public bool Equals(GroupConfiguration? other) =>
        other is not null && Epoch == other.Epoch && Leader == other.Leader
        && InSync.SequenceEqual(other.InSync)
            && Learners.SequenceEqual(other.Learners) && Rule == other.Rule && Standby.Equals(other.Standby);

    public override int GetHashCode() => Epoch.Value.GetHashCode();

    public override string ToString() =>
        $"{Epoch} leader={Leader} in-sync=[{string.Join(' ', InSync)}] learners=[{string.Join(' ', Learners)}]{Standby}";
}
