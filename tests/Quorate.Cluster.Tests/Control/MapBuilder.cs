using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Tests.Control;

/// <summary>Control machines as tests need them: the first three nodes hold the raft groups.</summary>
internal static class MapBuilder
{
    public static NodeId N(int id) => new(id);

    public static IReadOnlyList<NodeId> Ns(params int[] ids) => [.. ids.Select(N)];

    public static NodeEntry Entry(int id, string? zone = null, NodeState state = NodeState.Up) =>
        new(N(id), $"node{id}", $"10.0.0.{id}:9000", $"10.0.0.{id}:7000", "", new NodeLabels("p", "r", zone), state);

    public static ControlMachine Machine(int nodes, IControlListener? listener = null)
    {
        var machine = new ControlMachine(listener);
        machine.Do(new Bootstrap([.. Enumerable.Range(1, Math.Min(3, nodes)).Select(i => Entry(i, $"z{i}"))])).ShouldBeNull();
        for (var i = 4; i <= nodes; i++)
        {
            machine.Do(new AddNode(N(i), $"node{i}", "", "", "", new NodeLabels("p", "r", $"z{i}"))).ShouldBeNull();
            machine.Do(new AdmitNode(N(i))).ShouldBeNull();
        }

        return machine;
    }

    /// <summary>Applies a command as the next entry of the log, through its bytes.</summary>
    /// <returns>Why it was refused, or null.</returns>
    public static string? Do(this ControlMachine machine, ControlCommand command)
    {
        var refusal = machine.WhyNot(command);
        var before = machine.Map.Version;
        machine.Apply(machine.LastApplied.Next, command.Encode(), default);
        (machine.Map.Version > before).ShouldBe(refusal is null);
        return refusal;
    }

    /// <summary>A keyspace with one group on the given nodes.</summary>
    public static GroupId Keyspace(this ControlMachine machine, string words, params int[] nodes)
    {
        PolicyText.TryParse([.. $"replicas {nodes.Length} {words}".Split(' ')], out var policy, out var why).ShouldBeTrue(why);
        machine.Do(new CreateKeyspace($"ks{machine.Map.Keyspaces.Count}", -1, policy!, [Ns(nodes)])).ShouldBeNull();
        return machine.Map.Keyspaces[^1].Groups.Single();
    }

    public static GroupEntry Of(this ControlMachine machine, GroupId group) => machine.Map.Group(group).ShouldNotBeNull();

    /// <summary>The map as text: two machines with equal maps give equal text.</summary>
    public static string Text(this ControlMachine machine)
    {
        var map = machine.Map;
        var lines =
            new List<string> {
                $"v{map.Version} {PolicyText.Print(map.DefaultPolicy)} {map.LastGroup} {map.LastKeyspace} {map.RemovedUpTo} "
                    + $"applied {machine.LastApplied}" };
        lines.AddRange(map.Nodes.Select(n => n.ToString()));
        lines.AddRange(map.Keyspaces.Select(k => $"{k.Id} {k.Name} {k.Database} {k.Policy} {string.Join(' ', k.Groups)}"));
        lines.AddRange(map.Groups
            .Select(g =>
                $"{g.Id} {g.Keyspace} {g.Policy} {g.Configuration} [{string.Join(' ', g.Complete)}] "
                    + $"[{string.Join(' ', g.Counted)}] {g.FewestHolders}"));
        return string.Join('\n', lines);
    }
}
