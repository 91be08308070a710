using Quorate.Replication;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Primary;

public sealed class AckTests
{
    [Fact]
    public void Async_acknowledges_what_is_durable_at_the_primary_and_not_before()
    {
        var world = PrimaryWorld.Led(3, new PrimaryOptions { Ack = Ack.Async });
        world[1].SyncsAtOnce = false;
        world.Write(world[1], 1, "a");
        world[1].Outcomes.ShouldBeEmpty();
        world.Sync(world[1]);
        world[1].Outcomes[1].ShouldBe("Applied");
    }

    [Fact]
    public void Semisync_waits_for_k_backups_and_the_primary_itself()
    {
        var world = PrimaryWorld.Led(4, new PrimaryOptions { AckBackups = 2 });
        world[1].SyncsAtOnce = false;
        world.Write(world[1], 1, "a");
        world.Stabilize(e => e.To != new NodeId(3) && e.To != new NodeId(4));
        world.Sync(world[1]);
        world[1].Outcomes.ShouldBeEmpty("one backup is not two");
        world.TickAll(5);
        world[1].SyncsAtOnce = false;
        world.Write(world[1], 2, "b");
        world.Stabilize();
        world[1].Outcomes.ShouldContainKey(1);
        world[1].Outcomes.ShouldNotContainKey(2, "its own copy is not durable");
        world.Sync(world[1]);
        world[1].Outcomes[2].ShouldBe("Applied");
    }

    [Fact]
    public void A_backup_answers_when_its_copy_is_durable()
    {
        var world = PrimaryWorld.Led(2);
        world[2].SyncsAtOnce = false;
        world.Write(world[1], 1, "a");
        world.Stabilize();
        world[1].Outcomes.ShouldBeEmpty();
        world.Sync(world[2]);
        world.Stabilize();
        world[1].Outcomes[1].ShouldBe("Applied");
    }

    [Fact]
    public void Majority_counts_the_primary_and_half_of_the_set()
    {
        var world = PrimaryWorld.Led(5, new PrimaryOptions { Ack = Ack.Majority });
        world.Write(world[1], 1, "a");
        world.Stabilize(e => e.To.Value is 1 or 2);
        world[1].Outcomes.ShouldBeEmpty();
        world.Write(world[1], 2, "b");
        world.TickAll(5);
        world.Stabilize(e => e.To.Value is 1 or 2 or 3);
        world[1].Outcomes[2].ShouldBe("Applied");
    }

    /// <summary>With two of five in sync, a majority of the two was one backup: both may be lost, and the other three go on
    /// without it.</summary>
    [Fact]
    public void A_majority_is_one_of_all_replicas_however_few_are_in_sync()
    {
        var (world, _) = PrimaryWorld.Of(5, new PrimaryOptions { Ack = Ack.Majority, Replicas = 5 });
        world.StartAll();
        world.Configure(PrimaryWorld.Group(1, 1, [1, 2], 3, 4, 5));
        world.Lease(world[1], 1_000_000);
        world.Write(world[1], 1, "a");
        world.Settle(ticks: 5);
        world[1].Outcomes.GetValueOrDefault(1).ShouldNotBe("Applied");
    }

    [Fact]
    public void Sync_waits_for_everybody_in_sync_and_for_no_learner()
    {
        var world = PrimaryWorld.Led(4, new PrimaryOptions { Ack = Ack.Sync }, learners: 1);
        world[3].SyncsAtOnce = false;
        world.Write(world[1], 1, "a");
        world.Stabilize(e => e.To.Value != 4);
        world[1].Outcomes.ShouldBeEmpty();
        world.Sync(world[3]);
        world.Stabilize(e => e.To.Value != 4);
        world[1].Outcomes[1].ShouldBe("Applied");
    }

    [Fact]
    public void With_fewer_in_sync_than_the_policy_asks_for_writes_are_refused()
    {
        var world = PrimaryWorld.Of(3, new PrimaryOptions { Ack = Ack.Sync, MinInSync = 2 }).World;
        world.StartAll();
        world.Configure(PrimaryWorld.Group(1, 1, [1], 2, 3));
        world.Lease(world[1], 100_000);
        world.Write(world[1], 1, "a");
        world[1].Outcomes[1].ShouldStartWith("Unavailable: NOREPLICAS");
    }

    [Fact]
    public void With_too_few_backups_semisync_refuses_new_writes_and_holds_those_in_flight()
    {
        var world = PrimaryWorld.Led(2);
        world.Crash(world[2]);
        world.Write(world[1], 1, "in flight");
        world.Settle(ticks: 120);
        world[1].Outcomes.ShouldBeEmpty();
        world.Write(world[1], 2, "refused");
        world[1].Outcomes[2].ShouldStartWith("Unavailable: NOREPLICAS");
        world.Start(world[2]);
        world.Settle(ticks: 10);
        world[1].Outcomes[1].ShouldBe("Applied");
        world[2].Machine.Applied.ShouldNotContain("refused");
    }

    [Fact]
    public void Degraded_it_acknowledges_alone_and_says_so()
    {
        var world = PrimaryWorld.Led(2, new PrimaryOptions { WhenShort = WhenShort.Degrade });
        world.Crash(world[2]);
        world.Settle(ticks: 120);
        world[1].Primary().IsDegraded.ShouldBeTrue();
        world.Write(world[1], 1, "a");
        world[1].Outcomes[1].ShouldBe("Applied");
        world.Start(world[2]);
        world.Settle(ticks: 10);
        world[1].Primary().IsDegraded.ShouldBeFalse();
        world[2].Machine.Applied.ShouldBe(["a"]);
    }

    [Fact]
    public void One_round_is_in_flight_and_what_comes_meanwhile_gathers()
    {
        var world = PrimaryWorld.Led(2);
        world.Write(world[1], 1, "a");
        world.Write(world[1], 2, "b");
        world.Write(world[1], 3, "c");
        world.Sent<Append>(1, 2).Count.ShouldBe(1);
        world.Deliver(world.Network[0]);
        world.Deliver(world.Network[0]);
        var next = world.Sent<Append>(1, 2).ShouldHaveSingleItem();
        next.ToString().ShouldContain("2 entries");
    }
}
