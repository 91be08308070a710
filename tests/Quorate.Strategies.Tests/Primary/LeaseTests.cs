using Quorate.Replication;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Primary;

public sealed class LeaseTests
{
    [Fact]
    public void Without_a_lease_nothing_in_flight_is_acknowledged_and_with_it_all_of_it_is()
    {
        var world = PrimaryWorld.Of(2).World;
        world.StartAll();
        world.Configure(PrimaryWorld.Group(1, 1, [1, 2]));
        world.Write(world[1], 1, "a");
        world.Settle(ticks: 5);
        world[1].Outcomes.ShouldBeEmpty();
        world.Lease(world[1], 1000);
        world[1].Outcomes[1].ShouldBe("Applied");
    }

    [Fact]
    public void A_lease_that_has_run_out_stops_writes_reads_and_acknowledgements_at_that_moment()
    {
        var world = PrimaryWorld.Of(2).World;
        world.StartAll();
        world.Configure(PrimaryWorld.Group(1, 1, [1, 2]));
        world.Lease(world[1], 100);
        world.Stabilize();
        world[1].Replica.MayReadLocally(world.Now).ShouldBeTrue();
        world.Write(world[1], 1, "in flight");
        world.Advance(100);
        world[1].Replica.MayReadLocally(world.Now).ShouldBeFalse();
        world.Stabilize();
        world[1].Outcomes.ShouldBeEmpty("the answer came too late");
        world.Write(world[1], 2, "late");
        world[1].Outcomes[2].ShouldStartWith("Unavailable");
        world.Request(world[1], 3, RequestKind.Read);
        world[1].Outcomes[3].ShouldStartWith("Unavailable");
        world[1].Replica.IsLeader.ShouldBeFalse();
        world.Lease(world[1], 100);
        world[1].Outcomes[1].ShouldBe("Applied");
    }

    [Fact]
    public void A_lease_of_another_epoch_is_none_and_one_is_never_shortened()
    {
        var world = PrimaryWorld.Led(2);
        world.Step(
            world[1], r => ((IConfiguredReplica)r).OnLease(new Epoch(1), world.Now.Nanoseconds, world.Now, world[1].Effects));
        world[1].Status().HasLease.ShouldBeTrue();
        world.Configure(PrimaryWorld.Group(2, 1, [1, 2]));
        world[1].Status().HasLease.ShouldBeFalse();
        world.Step(world[1], r => ((IConfiguredReplica)r).OnLease(new Epoch(1), long.MaxValue, world.Now, world[1].Effects));
        world[1].Status().HasLease.ShouldBeFalse();
    }

    [Fact]
    public void A_new_primary_reads_nothing_before_its_first_entry_is_applied()
    {
        var world = PrimaryWorld.Led(3);
        world.Write(world[1], 1, "a");
        world.Stabilize();
        world.Configure(PrimaryWorld.Group(2, 0, [1, 2, 3]));
        world.Configure(PrimaryWorld.Group(3, 2, [1, 2, 3]));
        world.Lease(world[2], 1000);
        world[2].Replica.MayReadLocally(world.Now).ShouldBeFalse();
        world.Request(world[2], 1, RequestKind.Read);
        world[2].Outcomes.ShouldBeEmpty();
        world.Stabilize();
        world[2].Outcomes[1].ShouldBe("ReadNow");
        world[2].Machine.Applied.ShouldBe(["a"]);
    }

    [Fact]
    public void A_read_on_a_backup_waits_for_what_the_primary_had_committed()
    {
        var world = PrimaryWorld.Led(3);
        world.Write(world[1], 1, "a");
        world.Stabilize(e => e.To.Value != 3);
        world.Request(world[3], 1, RequestKind.Read);
        world[3].Outcomes.ShouldBeEmpty();
        world.Settle(ticks: 12);
        world[3].Outcomes[1].ShouldBe("ReadNow");
        world[3].Machine.Applied.ShouldBe(["a"]);
    }

    [Fact]
    public void A_primary_that_loses_its_role_says_that_it_does_not_know()
    {
        var world = PrimaryWorld.Led(2);
        world.Write(world[1], 1, "a");
        world.Configure(PrimaryWorld.Group(2, 0, [1, 2]), world[1]);
        world[1].Outcomes[1].ShouldStartWith("Unknown");
        world.Write(world[1], 2, "b");
        world[1].Outcomes[2].ShouldStartWith("NotLeader");
    }
}
