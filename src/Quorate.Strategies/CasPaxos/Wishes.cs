using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>The configuration that a replica asks the control plane for: to be a learner when it holds nothing, so that it is
/// seeded, and to be counted again when it has been. No replica asks for another to be left out: there is nothing to fail
/// over.</summary>
internal static class Wishes
{
    public static GroupConfiguration? Of(CasPaxosReplica replica)
    {
        var configuration = replica.Accepted.Newest;
        if (configuration is null || !replica.Accepted.IsSettled) return null;
        var self = replica.Self;
        if (!replica.Accepted.HasState && configuration.InSync.Contains(self))
        {
            return new GroupConfiguration(
                configuration.Epoch.Next,
                NodeId.None, [.. configuration.InSync.Where(n => n != self)], [.. configuration.Learners, self]);
        }

        if (replica.Accepted.HasState && configuration.Learners.Contains(self))
        {
            return new GroupConfiguration(
                configuration.Epoch.Next,
                NodeId.None, [.. configuration.InSync, self], [.. configuration.Learners.Where(n => n != self)]);
        }

        return null;
    }
}
