using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>A group begins to follow its keyspace's altered policy with a new epoch, and keeps leader and members.</summary>
internal static class Adoption
{
    /// <summary>True when an entry was proposed.</summary>
    public static bool Step(Supervisor supervisor, GroupEntry group, long now)
    {
        if (supervisor.Map.Keyspace(group.Keyspace) is not { } keyspace || keyspace.Policy == group.Policy) return false;
        if (IsTooFewFor(keyspace.Policy, group)) return false;
        var next = group.Configuration with { Epoch = group.Epoch.Next };
        var command = new SetConfiguration(group.Id, group.Epoch, next, AdoptPolicy: true);
        if (supervisor.Machine.WhyNot(command) is not null) return false;
        supervisor.Propose(group, command, now);
        return true;
    }

    /// <summary>A majority of more replicas than can be had yet would refuse every write: they come first, then the
    /// rule.</summary>
    private static bool IsTooFewFor(Policy policy, GroupEntry group) =>
        policy is { Strategy.Leadership: Leadership.Named, Ack: Ack.Majority } && policy.Replicas > group.Policy.Replicas
        && group.Configuration.InSync.Count - 1 < policy.Replicas / 2;
}
