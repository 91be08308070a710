using Quorate.Replication;
using Quorate.Strategies.Chain;

namespace Quorate.Strategies.Tests.Chain;

public sealed class WriteTests
{
    [Fact]
    public void Only_the_head_orders()
    {
        var (world, _) = ChainWorld.Of(3);
        world.Write(world[2], 1, "x=1");
        world.Write(world[3], 2, "x=1");
        world[2].Outcomes[1].ShouldBe("NotLeader hint n1");
        world[3].Outcomes[2].ShouldBe("NotLeader hint n1");
    }

    [Fact]
    public void A_write_is_committed_when_every_replica_has_it_durably()
    {
        for (var slow = 1; slow <= 3; slow++)
        {
            var (world, _) = ChainWorld.Of(3);
            world[slow].SyncsAtOnce = false;
            world.Write(world[1], 1, "x=1");
            world.Settle();
            foreach (var node in world.Nodes.Values) node.Machine.Applied.ShouldBeEmpty($"n{slow} may still lose it");
            world[1].Outcomes.ShouldNotContainKey(1);
            world.Sync(world[slow]);
            world[slow].SyncsAtOnce = true;
            world.Settle();
            foreach (var node in world.Nodes.Values) node.Machine.Applied.ShouldBe(["x=1"]);
            world[1].Outcomes[1].ShouldBe("Applied");
        }
    }

    [Fact]
    public void The_tail_commits_before_its_predecessor_and_the_head_last()
    {
        var (world, _) = ChainWorld.Of(3);
        var order = new List<int>();
        world.OnApplied = (node, _, _) => order.Add(node.Id.Value);
        world.Write(world[1], 1, "x=1");
        world.Settle();
        order.ShouldBe([3, 2, 1]);
    }

    [Fact]
    public void What_comes_while_a_batch_is_in_flight_goes_as_one_batch_behind_it()
    {
        var (world, _) = ChainWorld.Of(2);
        for (var i = 1; i <= 5; i++) world.Write(world[1], i, $"x={i}");
        world.Sent<Forward>(1, 2).Count(f => !f.Entries.IsEmpty).ShouldBe(1);
        world.Deliver(world.Network.First(e => e.Kind == Forward.WireKind));
        world.Deliver(world.Network.First(e => e.Kind == Acknowledge.WireKind));
        var second = world.Sent<Forward>(1, 2).Single(f => !f.Entries.IsEmpty);
        second.ToString().ShouldContain("4 entries");
    }

    [Fact]
    public void A_lost_batch_is_sent_again()
    {
        var (world, _) = ChainWorld.Of(3);
        world.Write(world[1], 1, "x=1");
        world.Stabilize(passes: e => !(e.From.Value == 1 && e.Kind == Forward.WireKind));
        world[3].Machine.Applied.ShouldBeEmpty();
        world.Settle();
        world[1].Outcomes[1].ShouldBe("Applied");
    }

    [Fact]
    public void A_head_without_a_lease_refuses_writes_and_acknowledges_nothing()
    {
        var (world, control) = ChainWorld.Of(3);
        world.Write(world[1], 1, "x=1");
        world.Advance(2000);
        world.Settle();
        world[3].Machine.Applied.ShouldBe(["x=1"]);
        world[1].Outcomes.ShouldNotContainKey(1);
        world.Write(world[1], 2, "x=2");
        world[1].Outcomes[2].ShouldBe("Unavailable: the head has no lease");
        control.Grant(world[1]);
        world[1].Outcomes[1].ShouldBe("Applied");
    }

    [Fact]
    public void The_head_refuses_writes_when_too_much_waits_for_the_chain()
    {
        var (world, _) = ChainWorld.Of(2, options: new ChainOptions { MaxPendingBytes = 100 });
        for (var i = 1; i <= 20; i++) world.Write(world[1], i, $"x={i}");
        world[1].Outcomes[20].ShouldBe("Unavailable: too much waits for the chain");
        world[1].Status().LastIndex.Value.ShouldBeLessThan(10);
    }

    [Fact]
    public void The_head_refuses_writes_when_the_chain_is_too_short()
    {
        var (world, _) = ChainWorld.Of(1, options: new ChainOptions { MinInSync = 2 });
        world.Write(world[1], 1, "x=1");
        world[1].Outcomes[1].ShouldStartWith("Unavailable: NOREPLICAS");
    }

    /// <summary>What was pending when the chain became too short may be lost with its one replica: the others may go on without
    /// it.</summary>
    [Fact]
    public void A_chain_that_is_too_short_acknowledges_nothing_that_was_pending()
    {
        var (world, control) = ChainWorld.Of(2, options: new ChainOptions { MinInSync = 2 });
        world.Crash(world[2]);
        world.Write(world[1], 1, "x=1");
        world.Settle();
        world.Advance(2000);
        control.Decide([1], [2]);
        control.TellAll();
        control.GrantAll();
        world.Settle();
        world[1].Outcomes.ShouldNotContainKey(1);
    }

    [Fact]
    public void Applied_log_is_forgotten_beyond_what_is_retained()
    {
        var (world, _) = ChainWorld.Of(3, options: new ChainOptions { RetainedBytes = 200 });
        for (var i = 1; i <= 100; i++)
        {
            world.Write(world[1], i, $"x={i}");
            world.Settle(1);
        }

        foreach (var node in world.Nodes.Values) node.Chain().Log.Bytes.ShouldBeLessThanOrEqualTo(250);
    }
}
