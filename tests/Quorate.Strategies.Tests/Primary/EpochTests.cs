using Quorate.Replication;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Primary;

public sealed class EpochTests
{
    [Fact]
    public void An_epoch_is_reported_when_it_is_durable()
    {
        var world = PrimaryWorld.Led(2);
        world[2].SyncsAtOnce = false;
        world.Configure(PrimaryWorld.Group(2, 0, [1, 2]), world[2]);
        world[2].Primary().Configuration!.Epoch.ShouldBe(new Epoch(2));
        world[2].Primary().Report.Epoch.ShouldBe(new Epoch(1));
        world.Sync(world[2]);
        world[2].Primary().Report.Epoch.ShouldBe(new Epoch(2));
    }

    [Fact]
    public void A_backup_takes_nothing_that_is_said_in_an_older_epoch_and_passes_the_newer_on()
    {
        var world = PrimaryWorld.Led(3);
        world.Configure(PrimaryWorld.Group(2, 0, [1, 2, 3]), world[2], world[3]);
        world.Write(world[1], 1, "a");
        world.Stabilize();
        world[2].Status().LastIndex.ShouldBe(new LogIndex(1));
        world[1].Outcomes[1].ShouldStartWith("Unknown");
        world[1].Primary().Configuration!.Epoch.ShouldBe(new Epoch(2));
    }

    [Fact]
    public void A_backup_that_has_not_heard_of_the_epoch_is_told_by_the_primary()
    {
        var world = PrimaryWorld.Led(3);
        world.Configure(PrimaryWorld.Group(2, 1, [1, 2], 3), world[1]);
        world.Lease(world[1], 1000);
        world.Write(world[1], 1, "a");
        world.Settle(ticks: 6);
        world[1].Outcomes[1].ShouldBe("Applied");
        world[2].Primary().Configuration!.Epoch.ShouldBe(new Epoch(2));
    }

    [Fact]
    public void A_primary_says_nothing_in_an_epoch_that_is_not_durable()
    {
        var world = PrimaryWorld.Led(2);
        world[1].SyncsAtOnce = false;
        world.Configure(PrimaryWorld.Group(2, 1, [1, 2]), world[1]);
        world.TickAll(10);
        world.Sent<Append>(1, 2).Where(a => a.Epoch == new Epoch(2)).ShouldBeEmpty();
        world.Sync(world[1]);
        world.Sent<Append>(1, 2).ShouldContain(a => a.Epoch == new Epoch(2));
    }

    [Fact]
    public void A_restarted_primary_leads_no_further_in_its_epoch_and_asks_for_the_next()
    {
        var world = PrimaryWorld.Led(3);
        world.CrashAndLoseUnsynced(world[1]);
        world.Start(world[1]);
        world.Write(world[1], 1, "a");
        world[1].Outcomes[1].ShouldStartWith("NotLeader");
        var wanted = world[1].Primary().Wanted.ShouldNotBeNull();
        wanted.ShouldBe(PrimaryWorld.Group(2, 1, [1, 2, 3]));
        world.Configure(wanted);
        world.Lease(world[1], 1000);
        world.Write(world[1], 2, "b");
        world.Stabilize();
        world[1].Outcomes[2].ShouldBe("Applied");
    }

    [Fact]
    public void The_next_epoch_of_the_same_primary_loses_neither_log_nor_requests()
    {
        var world = PrimaryWorld.Led(3);
        world.Write(world[1], 1, "a");
        world.Configure(PrimaryWorld.Group(2, 1, [1, 2], 3));
        world.Lease(world[1], 1000);
        world.Settle(ticks: 6);
        world[1].Outcomes[1].ShouldBe("Applied");
        world[3].Machine.Applied.ShouldBe(["a"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_an_older_epoch_left_is_committed_only_with_an_entry_of_this_one(bool isBroken)
    {
        // 1. n1 has "old" of epoch 1, alone. 2. n2 leads epoch 3, has its no-op alone, and is cut off.
        var world = PrimaryWorld.Led(3, rules: isBroken ? new CommitsOldEpochs() : null);
        world.Write(world[1], 1, "old");
        world.Network.Clear();
        world.Configure(PrimaryWorld.Group(2, 0, [1, 2, 3]), world[2], world[3]);
        world.Configure(PrimaryWorld.Group(3, 2, [1, 2, 3]), world[2]);
        world.Network.Clear();
        // 3. n1 leads epoch 5 and ships "old" to n3, which has it durably; its own no-op does not arrive.
        world[1].SyncsAtOnce = false;
        world.Configure(PrimaryWorld.Group(4, 0, [1, 2, 3]), world[1], world[3]);
        world.Configure(PrimaryWorld.Group(5, 1, [1, 2, 3]), world[1], world[3]);
        world.Sync(world[1]);
        world.Lease(world[1], 1000);
        world.Network.Clear();
        var log = world[1].Primary().Log;
        world.Inject(
            3, 1,
            new AppendResponse
            {
                Epoch = new(5),
                Success = true,
                MatchIndex = log.LastIndex.Previous,
                LastIndex = log.LastIndex.Previous,
                Incarnation = 1,
            });
        // 4. Were it committed now, n2 could still lead epoch 7 with its log that ends in epoch 3, and overwrite it.
        world[1].Machine.Applied.Contains("old").ShouldBe(isBroken);
    }

    [Fact]
    public void A_planned_fail_over_waits_until_the_target_has_everything_and_gives_up_the_lease()
    {
        var world = PrimaryWorld.Led(3);
        world.Write(world[1], 1, "a");
        world.Request(world[1], 2, RequestKind.TransferLeadership, target: new NodeId(2));
        world[1].Primary().Wanted.ShouldBeNull();
        world.Write(world[1], 3, "b");
        world[1].Outcomes[3].ShouldBe("NotLeader hint n2");
        world.Stabilize();
        world[1].Outcomes[1].ShouldBe("Applied");
        var wanted = world[1].Primary().Wanted.ShouldNotBeNull();
        wanted.Leader.ShouldBe(new NodeId(2));
        world[1].Replica.MayReadLocally(world.Now).ShouldBeFalse();
        world.Configure(wanted);
        world[1].Outcomes[2].ShouldBe("Done");
        world.Lease(world[2], 1000);
        world.Stabilize();
        world[2].Replica.MayReadLocally(world.Now).ShouldBeTrue();
    }

    [Fact]
    public void A_planned_fail_over_that_does_not_come_about_ends_with_a_new_epoch_of_the_old_primary()
    {
        var world = PrimaryWorld.Led(3, new PrimaryOptions { HandoverTicks = 20 });
        world.Request(world[1], 1, RequestKind.TransferLeadership, target: new NodeId(2));
        world.Settle(ticks: 25);
        world[1].Outcomes[1].ShouldStartWith("Unknown");
        world[1].Replica.IsLeader.ShouldBeFalse();
        world.Configure(world[1].Primary().Wanted.ShouldNotBeNull());
        world.Lease(world[1], 1000);
        world.Settle(ticks: 6);
        world[1].Replica.MayReadLocally(world.Now).ShouldBeTrue();
    }

    private sealed class CommitsOldEpochs : PrimaryRules
    {
        public override bool MayCommit(LogIndex reached, LogIndex firstOfEpoch) => true;
    }
}
