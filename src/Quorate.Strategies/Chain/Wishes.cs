using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>
/// The configuration that a replica asks the control plane for. One wish at a time, the most urgent first; the next epoch
/// answers it, whatever it says. A replica that leaves the chain becomes a learner, so that it is fed and joins again when it
/// comes back. The control plane takes a wish only when the leases of those who leave have run out.
/// </summary>
internal sealed class Wishes(AcceptedEpoch accepted, Place place)
{
    public GroupConfiguration? Newest()
    {
        var configuration = accepted.Newest;
        if (configuration is null || configuration.Leader.IsNone || !accepted.IsSettled) return null;
        var chain = configuration.InSync;
        if (!chain.Contains(accepted.Self)) return null;
        if (place.Position is not { } position) return chain.Count > 1 ? Without(configuration, accepted.Self) : null;
        if ((position.Head is not null || position.Tail is not null) && !accepted.IsFresh) return Again(configuration);
        if (position.Successor is { IsSilent: true } successor) return Without(configuration, successor.Node);
        if (position.Predecessor is { } predecessor && predecessor.SilentTicks >= accepted.Options.SilenceTicks)
        {
            return Without(configuration, predecessor.Node);
        }

        if (position.Tail is { } tail && !tail.Joining.IsNone)
        {
            return tail.IsJoiningSilent ? Again(configuration) : With(configuration, tail.Joining);
        }

        return position.Head is { NextHead: { IsNone: false } head } ? LedBy(configuration, head) : null;
    }

    private static GroupConfiguration Again(GroupConfiguration c) => c with { Epoch = c.Epoch.Next };

    private static GroupConfiguration Without(GroupConfiguration c, NodeId node)
    {
        NodeId[] chain = [.. c.InSync.Where(n => n != node)];
        return new GroupConfiguration(c.Epoch.Next, chain[0], chain, [.. c.Learners, node]);
    }

    private static GroupConfiguration With(GroupConfiguration c, NodeId node) =>
        new(c.Epoch.Next, c.Leader, [.. c.InSync, node], [.. c.Learners.Where(n => n != node)]);

    private static GroupConfiguration LedBy(GroupConfiguration c, NodeId head) =>
        new(c.Epoch.Next, head, [head, .. c.InSync.Where(n => n != head)], c.Learners);
}
