using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Tests.Control;

/// <summary>What only a node's operator told the node, the map learns from it.</summary>
public sealed class TellingTests
{
    [Fact]
    public void Every_node_tells_the_map_its_labels_and_where_clients_reach_it()
    {
        // As in processes of their own: each knows where the others' peers are, and nothing else of them.
        var cluster = new LocalCluster(3, adjust: options => options with
        {
            Control = new ControlOptions(),
            Labels = new NodeLabels("p", "r", $"z{options.Self.Value}"),
            Members = [.. options.Members.Select(m => m.Id == options.Self ? m : m with { RespAddress = "" })],
        });
        cluster.ElectSomebody();
        for (var i = 0; i < 1000 && !IsKnown(cluster); i++) cluster.Tick();
        IsKnown(cluster).ShouldBeTrue();

        // And then says nothing more.
        var version = cluster[1].View.Map!.Version;
        for (var i = 0; i < 500; i++) cluster.Tick();
        cluster[1].View.Map!.Version.ShouldBe(version);
        for (var id = 1; id <= 3; id++) cluster[id].View.Map!.Nodes.ShouldAllBe(n => n.State == NodeState.Up);
    }

    private static bool IsKnown(LocalCluster cluster) => Enumerable.Range(1, 3).All(id =>
        cluster[id].View.Map!.Nodes is { Count: 3 } nodes
        && nodes.All(n => n.Labels.Zone == $"z{n.Id.Value}"
            && n.ClientAddress == $"r:{n.Id.Value}" && n.PeerAddress == $"p:{n.Id.Value}"));
}
