using Quorate.Cluster.Maps;
using Quorate.Cluster.Reads;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Groups;

/// <summary>Which group a command goes to: by the keyspace that its session has selected, and by its keys. For groups of which
/// this node has no replica, to which node.</summary>
internal sealed class Routing(IGroupsNode node)
{
    private readonly Dictionary<int, NodeId> _elsewhere = [];
    private readonly Dictionary<int, KeyspaceGroups> _keyspaces = []; // by id, as long as the version is the same

    /// <summary>Counts the changes of which node holds what: sessions then look for their way again.</summary>
    public long Version { get; private set; }

    /// <summary>The default group's keyspaces as long as no map is known, and for a session that has never selected one that
    /// exists.</summary>
    public KeyspaceGroups First => new(null, [node.Default], 0, default);

    /// <summary>The group that holds the keys of a command, or, when it has none, the one that its spec asks for.</summary>
    /// <param name="keyspace">What the session has selected.</param>
    /// <param name="spec">The command.</param>
    /// <param name="command">Its words.</param>
    /// <returns>Null: it concerns several groups (the client is told that it does).</returns>
    public static Group? Of(KeyspaceGroups keyspace, CommandSpec spec, in CommandArgs command)
    {
        if (keyspace.Count == 1) return keyspace.First;
        if ((spec.Flags & CommandFlags.MovableKeys) != 0) return null; // its spec does not say where its keys are
        if (!spec.NamesKeys) return spec.Reach == KeylessReach.FirstGroup ? keyspace.First : null;
        var last = Math.Min(command.Count - 1, spec.LastKey < 0 ? command.Count + spec.LastKey : spec.LastKey);
        Group? found = null;
        for (var at = spec.FirstKey; at <= last; at += Math.Max(1, spec.KeyStep))
        {
            var group = keyspace.Of(command[at]);
            if (found is not null && group != found) return null;
            found = group;
        }

        return found ?? keyspace.First;
    }

    /// <summary>What this node holds, or how it is held, has changed: sessions look for their way again.</summary>
    public void Renew()
    {
        Version++;
        _keyspaces.Clear();
    }

    public void OnMapChanged()
    {
        Renew();
        if (node.Map is not { } map) return;
        foreach (var group in node.Groups.Where(g => g.IsAbsent && map.WasDropped(g.Id)).ToList()) Forget(group.Id);
        node.Lost.OnMapChanged(map);
        node.Host.OnMembersChanged();

        // Altered reads need no new epoch: every node answers by the newest policy that it knows.
        foreach (var keyspace in map.Keyspaces)
        {
            foreach (var id in keyspace.Groups)
            {
                if (node.Find(id) is not { Policy: { } policy } group || policy.Reads == keyspace.Policy.Reads) continue;
                group.Policy = policy with
                {
                    Reads = keyspace.Policy.Reads,
                    BoundMilliseconds = keyspace.Policy.BoundMilliseconds,
                };
            }
        }
    }

    /// <summary>This node's replica is no more. As long as there are others, what was forwarded to them goes on.</summary>
    public void OnReplicaGone(GroupId id)
    {
        var before = node.Find(id);
        Forget(id);
        if (node.Map?.Group(id) is not null) StandIn(id, before);
    }

    /// <summary>The groups of the keyspace that a session has selected; null when it is no more.</summary>
    /// <param name="keyspace">Its name; null: it was selected by its number.</param>
    /// <param name="database">The number.</param>
    public KeyspaceGroups? Of(string? keyspace, int database)
    {
        if (node.Map is not { } map) return new KeyspaceGroups(null, [node.Default], database, default);
        if (!map.IsKnown) return keyspace is null && database == 0 ? First : null;
        var entry = keyspace is null ? map.KeyspaceOfDatabase(database) : map.Keyspace(keyspace);
        if (entry is null) return null;
        if (_keyspaces.TryGetValue(entry.Id, out var known)) return known;
        var groups = entry.Groups.Select(id => node.Find(id) ?? StandIn(id, null)).ToArray();
        var number = entry.Groups.Contains(ControlMachine.DefaultGroup) ? entry.Database : 0;
        return _keyspaces[entry.Id] = new KeyspaceGroups(entry, groups, number, RuleOf(entry, groups));
    }

    /// <summary>The leader of a group that elects for itself and is not here, if one of its members has said so.</summary>
    public NodeId ToldLeader(GroupId group) => _elsewhere.GetValueOrDefault(group.Value);

    /// <summary>A member names the leader.</summary>
    public void OnRedirect(Group group, NodeId from, NodeId leader, StepTime now)
    {
        if (leader == from || leader == node.Options.Self) return;
        _elsewhere[group.Id.Value] = leader;
        group.AfterStep(now);
    }

    /// <summary>The member that was asked does not answer: the next of the group's members.</summary>
    public void OnSilence(Group group, StepTime now)
    {
        if (node.Map?.Group(group.Id) is not { IsConfigured: false } entry) return;
        var members = entry.Configuration.InSync;
        var at = members.ToList().IndexOf(LeaderElsewhere(group.Id));
        _elsewhere[group.Id.Value] = members[(at + 1) % members.Count];
        group.AfterStep(now);
    }

    /// <summary>Everything for the group goes to those that have it.</summary>
    /// <param name="id">The group.</param>
    /// <param name="before">What stood for it until now; null: nothing did.</param>
    public Group StandIn(GroupId id, Group? before)
    {
        var absent = new AbsentGroup(id, node, node.Map?.Group(id)?.Policy, before);
        node.AddGroup(absent);
        return absent;
    }

    /// <summary>The leader of a group that is not here, as far as this node knows.</summary>
    public NodeId LeaderElsewhere(GroupId id)
    {
        if (node.Map?.Group(id) is not { } group) return NodeId.None;
        if (group.IsConfigured) return group.Configuration.Leader;
        var members = group.Configuration.InSync;
        if (_elsewhere.TryGetValue(id.Value, out var told) && members.Contains(told)) return told;
        return members.Count > 0 ? members[0] : NodeId.None;
    }

    private static ReadRule RuleOf(KeyspaceEntry keyspace, Group[] groups)
    {
        var rule = ReadRule.Of(keyspace.Policy);
        // A delayed replica is read by clients that say so, not by a keyspace's clients that happen to come here.
        var isDelayed = rule.Consistency == ReadConsistency.Weak && groups.Any(g => g.IsDelayed);
        return isDelayed ? new ReadRule(ReadConsistency.Eventual) : rule;
    }

    private void Forget(GroupId id)
    {
        node.RemoveGroup(id);
        _elsewhere.Remove(id.Value);
    }
}
