using System.Buffers;
using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Cluster.Turns;
using Quorate.Replication;
using Quorate.Replication.Policies;
using static Quorate.Cluster.Tests.Control.MapBuilder;

namespace Quorate.Cluster.Tests.Control;

public sealed class ControlMachineTests
{
    private static readonly NodeLabels None = new();

    [Fact]
    public void The_sixteen_numbers_are_keyspaces_of_one_raft_group_from_the_start()
    {
        var map = new ControlMachine().Map;
        for (var i = 0; i < 16; i++) map.KeyspaceOfDatabase(i).ShouldNotBeNull().Groups.ShouldBe([ControlMachine.DefaultGroup]);
        map.KeyspaceOfDatabase(16).ShouldBeNull();
        map.Group(ControlMachine.DefaultGroup)!.Policy.ShouldBe(PolicyDefaults.For(Strategy.Raft));
        ControlMachine.ControlGroup.ShouldNotBe(Node.DefaultGroup);
    }

    [Fact]
    public void A_cluster_is_bootstrapped_once()
    {
        var machine = Machine(3);
        machine.Of(ControlMachine.ControlGroup).Configuration.InSync.ShouldBe(Ns(1, 2, 3));
        machine.Do(new Bootstrap([Entry(7)])).ShouldNotBeNull().ShouldContain("already");
    }

    [Fact]
    public void An_id_that_was_removed_never_comes_back()
    {
        var machine = Machine(3);
        for (var i = 4; i <= 4 + (2 * ControlLimits.MostRemovedNodes); i++)
        {
            machine.Do(new AddNode(N(i), $"node{i}", "", "", "", None)).ShouldBeNull();
            machine.Do(new RemoveNode(N(i))).ShouldBeNull();
        }

        machine.Map.Nodes.Count.ShouldBe(3 + ControlLimits.MostRemovedNodes);
        for (var i = 4; i <= 4 + (2 * ControlLimits.MostRemovedNodes); i++)
            machine.Do(new AddNode(N(i), "again", "", "", "", None)).ShouldNotBeNull().ShouldContain("removed");
    }

    [Fact]
    public void A_node_is_removed_only_when_no_group_needs_it()
    {
        var machine = Machine(4);
        var group = machine.Keyspace("strategy primary ack semisync", 1, 2, 4);
        machine.Do(new RemoveNode(N(4))).ShouldNotBeNull().ShouldContain("1 replica");
        machine.Do(new SetConfiguration(group, new(1), new GroupConfiguration(new(2), N(1), Ns(1, 2), []))).ShouldBeNull();
        machine.Do(new RemoveNode(N(4))).ShouldNotBeNull("an acknowledged write may still be on n4 and n1 only");
        machine.Do(new Settle(group, new(2))).ShouldBeNull();
        machine.Do(new RemoveNode(N(4))).ShouldBeNull();
    }

    [Fact]
    public void Configurations_are_compared_and_set()
    {
        var machine = Machine(3);
        var group = machine.Keyspace("strategy primary", 1, 2, 3);
        var next = new GroupConfiguration(new(2), N(1), Ns(1, 2), Ns(3));
        machine.Do(new SetConfiguration(group, new(1), next)).ShouldBeNull();
        machine.Do(new SetConfiguration(group, new(1), next)).ShouldNotBeNull().ShouldContain("is at e2");
        machine.Do(new SetConfiguration(group, new(2), next)).ShouldNotBeNull("the epoch must be the next one");
        machine.Do(new Seal(group, new(1))).ShouldNotBeNull();
        machine.Do(new Seal(group, new(2))).ShouldBeNull();
        machine.Of(group).IsSealed.ShouldBeTrue();
        machine.Of(group).Epoch.ShouldBe(new Epoch(3));
    }

    [Fact]
    public void A_primary_is_replaced_by_way_of_a_seal_only()
    {
        var machine = Machine(3);
        var group = machine.Keyspace("strategy primary", 1, 2, 3);
        machine.Do(new SetConfiguration(group, new(1), new GroupConfiguration(new(2), N(2), Ns(1, 2, 3), [])))
            .ShouldNotBeNull().ShouldContain("seal");
        machine.Do(new Seal(group, new(1))).ShouldBeNull();
        machine.Do(new SetConfiguration(group, new(2), new GroupConfiguration(new(3), N(2), Ns(2, 3), Ns(1)))).ShouldBeNull();
    }

    [Fact]
    public void A_newcomer_begins_as_a_learner()
    {
        var machine = Machine(4);
        var group = machine.Keyspace("strategy chain", 1, 2, 3);
        machine.Do(new SetConfiguration(group, new(1), new GroupConfiguration(new(2), N(1), Ns(1, 2, 3, 4), [])))
            .ShouldNotBeNull().ShouldContain("learner");
        machine.Do(new SetConfiguration(group, new(1), new GroupConfiguration(new(2), N(1), Ns(1, 2, 3), Ns(4)))).ShouldBeNull();
        machine.Do(new SetConfiguration(group, new(2), new GroupConfiguration(new(3), N(1), Ns(1, 2, 3, 4), []))).ShouldBeNull();
    }

    [Fact]
    public void The_head_of_a_chain_is_its_first_and_certainly_holds_everything()
    {
        var machine = Machine(3);
        var group = machine.Keyspace("strategy chain min-in-sync 2", 1, 2, 3);
        machine.Do(new SetConfiguration(group, new(1), new GroupConfiguration(new(2), N(2), Ns(1, 2, 3), [])))
            .ShouldNotBeNull().ShouldContain("head");
        machine.Do(new SetConfiguration(group, new(1), new GroupConfiguration(new(2), N(2), Ns(2, 3), Ns(1)))).ShouldBeNull();
        machine.Do(new SetConfiguration(group, new(2), new GroupConfiguration(new(3), N(2), Ns(2, 3, 1), []))).ShouldBeNull();
        machine.Do(new SetConfiguration(group, new(3), new GroupConfiguration(new(4), N(1), Ns(1), Ns(2, 3))))
            .ShouldNotBeNull().ShouldContain("may lack");
        machine.Do(new SetConfiguration(group, new(3), new GroupConfiguration(new(4), N(1), Ns(1, 2, 3), [])))
            .ShouldNotBeNull().ShouldContain("may lack");
        machine.Do(new SetConfiguration(group, new(3), new GroupConfiguration(new(4), N(3), Ns(3, 2, 1), []))).ShouldBeNull();
    }

    /// <summary>n3 came into sync, but the primary may have acknowledged without it until it heard of that.</summary>
    [Fact]
    public void Who_has_just_come_into_sync_is_not_complete_before_the_group_is_settled()
    {
        var machine = Machine(3);
        var group = machine.Keyspace("strategy primary", 1, 2, 3);
        machine.Do(new SetConfiguration(group, new(1), new GroupConfiguration(new(2), N(1), Ns(1, 2), Ns(3)))).ShouldBeNull();
        machine.Do(new SetConfiguration(group, new(2), new GroupConfiguration(new(3), N(1), Ns(1, 2, 3), []))).ShouldBeNull();
        machine.Of(group).Complete.ShouldBe(Ns(1, 2));
        machine.Do(new Seal(group, new(3))).ShouldBeNull();
        machine.Do(new SetConfiguration(group, new(4), new GroupConfiguration(new(5), N(2), Ns(2, 3), Ns(1)))).ShouldBeNull();
        machine.Of(group).Complete.ShouldBe(Ns(2));
        machine.Do(new Settle(group, new(5))).ShouldBeNull();
        machine.Of(group).Complete.ShouldBe(Ns(2, 3));
    }

    /// <summary>Below min-in-sync nothing is acknowledged, so whoever was in sync before lacks nothing.</summary>
    [Fact]
    public void Below_min_in_sync_those_that_were_in_sync_before_may_still_lead()
    {
        var machine = Machine(3);
        var group = machine.Keyspace("strategy primary", 1, 2, 3);
        machine.Do(new SetConfiguration(group, new(1), new GroupConfiguration(new(2), N(1), Ns(1, 2), Ns(3)))).ShouldBeNull();
        machine.Do(new SetConfiguration(group, new(2), new GroupConfiguration(new(3), N(1), Ns(1), Ns(2, 3)))).ShouldBeNull();
        machine.Of(group).Complete.ShouldBe(Ns(1, 2));
        machine.Do(new Settle(group, new(3))).ShouldNotBeNull();
    }

    [Fact]
    public void A_weaker_rule_is_remembered_until_the_group_is_settled()
    {
        var machine = Machine(3);
        var group = machine.Keyspace("strategy primary ack semisync:2", 1, 2, 3);
        var name = machine.Map.Keyspaces[^1].Name;
        machine.Do(new AlterKeyspace(name, PolicyDefaults.For(Strategy.Primary) with { Ack = Ack.SemiSync, AckBackups = 1 }))
            .ShouldBeNull();
        machine.Of(group).Policy.AckBackups.ShouldBe(2, "the group follows with its next epoch");
        machine.Do(new SetConfiguration(group, new(1), new GroupConfiguration(new(2), N(1), Ns(1, 2, 3), []), AdoptPolicy: true))
            .ShouldBeNull();
        machine.Of(group).FewestHolders.ShouldBe(2);
        machine.Do(new AlterKeyspace(name, PolicyDefaults.For(Strategy.Primary))).ShouldBeNull();
        machine.Do(new SetConfiguration(group, new(2), new GroupConfiguration(new(3), N(1), Ns(1, 2, 3), []), AdoptPolicy: true))
            .ShouldBeNull();
        machine.Of(group).Complete.ShouldBeEmpty("nobody knows yet who has everything");
        machine.Do(new Settle(group, new(3))).ShouldBeNull();
        machine.Of(group).Complete.ShouldBe(Ns(1, 2, 3));
    }

    [Fact]
    public void A_number_is_free_for_another_keyspace_when_its_own_is_dropped()
    {
        var machine = Machine(3);
        var policy = PolicyDefaults.For(Strategy.Primary);
        var create = new CreateKeyspace("orders", 5, policy, [Ns(1, 2, 3)]);
        machine.Do(create).ShouldNotBeNull().ShouldContain("drop that first");
        machine.Do(new DropKeyspace("5")).ShouldBeNull();
        machine.Do(create).ShouldBeNull();
        machine.Map.KeyspaceOfDatabase(5)!.Name.ShouldBe("orders");
        machine.Do(new DropKeyspace("0")).ShouldNotBeNull().ShouldContain("share");
        machine.Do(new AlterKeyspace("3", PolicyDefaults.For(Strategy.Raft, 1)))
            .ShouldNotBeNull().ShouldContain("shares its group");
        machine.Do(new AlterKeyspace("3", PolicyDefaults.For(Strategy.Raft) with { Reads = ReadConsistency.Session }))
            .ShouldBeNull();
        machine.Do(new AlterKeyspace("orders", PolicyDefaults.For(Strategy.Raft)))
            .ShouldNotBeNull().ShouldContain("copy the keys");
    }

    [Fact]
    public void Ids_of_groups_are_never_used_again()
    {
        var machine = Machine(3);
        var first = machine.Keyspace("strategy primary", 1, 2, 3);
        machine.Do(new DropKeyspace(machine.Map.Keyspaces[^1].Name)).ShouldBeNull();
        machine.Map.Group(first).ShouldBeNull();
        machine.Keyspace("strategy primary", 1, 2, 3).Value.ShouldBeGreaterThan(first.Value);
    }

    [Fact]
    public void The_one_who_asked_hears_the_result_and_nobody_else()
    {
        var listener = new Listener();
        var machine = Machine(3, listener);
        machine.Apply(machine.LastApplied.Next, new DrainNode(N(2)).Encode(), new RequestId(5));
        machine.Apply(machine.LastApplied.Next, new DrainNode(N(9)).Encode(), new RequestId(6));
        machine.Apply(machine.LastApplied.Next, [], new RequestId(7));
        listener.Results.Count.ShouldBe(2);
        listener.Results[0].Result.IsDone.ShouldBeTrue();
        listener.Results[0].Result.MapVersion.ShouldBe(machine.Map.Version);
        listener.Results[1].Result.Refusal.ShouldBe("n9 is not in the cluster");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_snapshot_is_the_replay_of_the_log(int seed)
    {
        var dice = new Prng((ulong)seed);
        var machine = new ControlMachine();
        var log = new List<byte[]>();
        var done = 0;
        for (var i = 0; i < 1500; i++)
        {
            var command = RandomCommands.Next(machine.Map, dice);
            log.Add(command.Encode());
            if (machine.Do(command) is null) done++;
            if (i % 50 != 0) continue;
            var restored = new ControlMachine();
            Restore(machine, restored, budget: 1 + dice.Below(600));
            restored.Text().ShouldBe(machine.Text());
        }

        done.ShouldBeGreaterThan(150, "a run of refusals proves nothing");
        var replayed = new ControlMachine();
        foreach (var entry in log) replayed.Apply(replayed.LastApplied.Next, entry, default);
        replayed.Text().ShouldBe(machine.Text());
    }

    [Fact]
    public void A_snapshot_shows_the_map_as_it_was_when_it_was_begun()
    {
        var machine = Machine(3);
        var before = machine.Text();
        using var source = machine.BeginSnapshot();
        machine.Do(new DrainNode(N(3))).ShouldBeNull();
        var restored = new ControlMachine();
        var target = restored.BeginRestore();
        Copy(source, target, 100);
        restored.Map.Nodes.ShouldBeEmpty("nothing changes before it is complete");
        target.Complete();
        restored.Text().ShouldBe(before);
    }

    [Fact]
    public void Damaged_pieces_are_refused_and_an_incomplete_snapshot_is_not_put_in_place()
    {
        var machine = Machine(3);
        var output = new ArrayBufferWriter<byte>();
        using (var source = machine.BeginSnapshot()) while (source.WriteNext(output, 1 << 20)) { }
        var bytes = output.WrittenSpan.ToArray();
        for (var length = 0; length < bytes.Length; length++)
        {
            var target = new ControlMachine().BeginRestore();
            // A cut between two records is a piece; then the end misses what the header promised.
            if (target.TryAccept(bytes.AsSpan(0, length))) Should.Throw<InvariantViolation>(target.Complete);
        }
    }

    private static void Restore(ControlMachine from, ControlMachine to, int budget)
    {
        using var source = from.BeginSnapshot();
        var target = to.BeginRestore();
        Copy(source, target, budget);
        target.Complete();
    }

    private static void Copy(ISnapshotSource source, ISnapshotTarget target, int budget)
    {
        bool more;
        do
        {
            var piece = new ArrayBufferWriter<byte>();
            more = source.WriteNext(piece, budget);
            target.TryAccept(piece.WrittenSpan).ShouldBeTrue();
        }
        while (more);
    }

    private sealed class Listener : IControlListener
    {
        public List<(RequestId Request, ControlResult Result)> Results { get; } = [];

        public void OnResult(RequestId request, ControlResult result) => Results.Add((request, result));
    }
}
