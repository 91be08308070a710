using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Cluster.Tests.Control;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Commands;

public sealed class NodeCommandTests
{
    [Fact]
    public void List_says_a_line_for_each_node()
    {
        var client = WithMap(out var machine);
        machine.Keyspace("strategy primary", 2, 3, 4);
        machine.Do(new DrainNode(MapBuilder.N(2))).ShouldBeNull();
        machine.Do(new SetLabels(MapBuilder.N(4), new())).ShouldBeNull();
        client.Node.Suspected.Add(MapBuilder.N(3));
        client.AskRaw("NODE LIST").Split("\r\n").Where(l => l.StartsWith('n')).ShouldBe(
        [
            "n1 node1 state=up replicas=2 voter resp=10.0.0.1:7000 peer=10.0.0.1:9000 provider=p region=r zone=z1",
            "n2 node2 state=draining replicas=3 voter resp=10.0.0.2:7000 peer=10.0.0.2:9000 provider=p region=r zone=z2 "
                + "still-holds=0..15,the control group,ks16",
            "n3 node3 state=up replicas=3 voter resp=10.0.0.3:7000 peer=10.0.0.3:9000 provider=p region=r zone=z3 suspected",
            "n4 node4 state=up replicas=1 resp= peer=",
        ]);
    }

    [Fact]
    public void What_changes_the_map_is_asked_of_the_control_leader()
    {
        var client = WithMap(out var machine);
        client.Ask("NODE DRAIN node2").ShouldBe("+OK");
        machine.Do(client.Node.Asked[^1]).ShouldBeNull();
        machine.Map.Node(MapBuilder.N(2))!.State.ShouldBe(NodeState.Draining);
        client.Ask("NODE UNDRAIN node2").ShouldBe("+OK");
        machine.Do(client.Node.Asked[^1]).ShouldBeNull();
        machine.Map.Node(MapBuilder.N(2))!.State.ShouldBe(NodeState.Up);
        client.Ask("NODE REMOVE node4").ShouldBe("+OK");
        client.Node.Asked[^1].ShouldBe(new RemoveNode(MapBuilder.N(4)));
    }

    [Fact]
    public void Wrong_names_and_states_are_refused_without_asking_anybody()
    {
        var client = WithMap(out var machine);
        machine.Do(new RemoveNode(MapBuilder.N(4))).ShouldBeNull();
        client.Ask("NODE DRAIN nobody").ShouldBe("-ERR there is no such node: NODE LIST names all nodes");
        client.Ask("NODE DRAIN node4").ShouldStartWith("-ERR there is no such node");
        client.Ask("NODE UNDRAIN node1").ShouldBe("-ERR node1 is not draining");
        client.Ask("NODE DRAIN").ShouldBe("-ERR wrong number of arguments for 'node|drain' command");
        client.Node.Asked.ShouldBeEmpty();
        new Asker().Ask("NODE LIST").ShouldStartWith("-ERR this node runs without a control plane");
    }

    [Fact]
    public void The_answer_is_waited_for_and_said_to_be_unknown_when_it_does_not_come()
    {
        var client = WithMap(out _);
        client.Node.Answer = null;
        client.Ask("NODE DRAIN node2").ShouldBe("");
        client.TryAgain(10_100).ShouldBeNull();
        client.Node.Answer = new ControlAnswer("ERR n2 is draining already", 7);
        client.TryAgain(10_200).ShouldBe("-ERR n2 is draining already");

        client.Node.Answer = new ControlAnswer(null, client.Node.Map!.Version + 1);
        client.Ask("NODE DRAIN node2").ShouldBe("", "it is not known here yet");
        client.Node.Control!.Do(new DrainNode(MapBuilder.N(2))).ShouldBeNull();
        client.TryAgain(10_300).ShouldBe("+OK");

        client.Now = Asker.At(10_000);
        client.Node.Answer = null;
        client.Ask("NODE DRAIN node3").ShouldBe("");
        client.TryAgain(14_000).ShouldBeNull();
        client.TryAgain(15_200).ShouldStartWith("-UNCERTAIN ");
    }

    [Fact]
    public void Status_says_which_keyspace_a_group_holds_and_who_is_in_sync()
    {
        var client = WithMap(out var machine);
        machine.Keyspace("strategy primary", 2, 3, 4);
        var text = client.Ask("QUORATE STATUS");
        text.ShouldContain($"\ncontrol leader=n2 version={machine.Map.Version}\n");
        text.ShouldContain("\ngroup g1 keyspace=0..15 strategy=raft role=leader leader=n1 term=4 last=100 ");
        text.ShouldContain("\ngroup g16 keyspace=ks16 epoch=1 leader=n2 in_sync=n2,n3,n4 strategy=primary role=none\n");
        text.ShouldNotContain("group g2 ");
    }

    [Fact]
    public void A_promise_is_that_of_the_nodes_where_they_write_less_than_the_policy_says()
    {
        var client = WithMap(out var machine);
        machine.Keyspace("strategy primary", 2, 3, 4);
        client.Ask("KEYSPACE SHOW 3").ShouldContain("durability fsync");
        client.Node.Options = client.Node.Options with { Durability = Durability.Memory };
        client.Ask("KEYSPACE SHOW 3").ShouldContain("A write is acknowledged when it is in memory of 2 of 3 replicas.");
        client.Ask("KEYSPACE SHOW ks16").ShouldContain("on stable storage");
        client.Node.Options = client.Node.Options with { IsEphemeral = true };
        client.Ask("KEYSPACE SHOW ks16").ShouldNotContain("on stable storage");
    }

    /// <summary>Four nodes, the last without addresses, the first three with the raft groups.</summary>
    private static Asker WithMap(out ControlMachine machine)
    {
        machine = MapBuilder.Machine(4);
        return new Asker(new FakeNode { Control = machine });
    }
}
