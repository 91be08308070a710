using Quorate.Replication;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Primary;

/// <summary>Replicas that follow behind: cascaded and delayed.</summary>
public sealed class StandbyTests
{
    private static readonly Standby s_thirdFedBySecond = new([], [new Feed(new(3), new(2))]);

    [Fact]
    public void A_replica_with_a_source_is_fed_by_it_with_what_is_committed()
    {
        var world = PrimaryWorld.Led(3, learners: 1, standby: s_thirdFedBySecond);
        world.Write(world[1], 1, "a");
        world.Settle(ticks: 12);
        world[3].Machine.Applied.ShouldBe(["a"]);
        world[1].Status().Backups.Select(b => b.Node).ShouldBe([new NodeId(2)]);
        world[2].Status().Backups.Select(b => b.Node).ShouldBe([new NodeId(3)]);
        world.Settle(ticks: 200);
        world[1].Primary().Wanted.ShouldBeNull("it stays a learner");
    }

    [Fact]
    public void Another_source_goes_on_where_the_first_was()
    {
        var world = PrimaryWorld.Led(
            4, new PrimaryOptions { Ack = Ack.Majority }, learners: 1, standby: new Standby([], [new Feed(new(4), new(2))]));
        world.Write(world[1], 1, "a");
        world.Settle(ticks: 12);
        world.Crash(world[2]);
        world.Write(world[1], 2, "b");
        world.Settle(ticks: 12);
        world[1].Outcomes[2].ShouldBe("Applied");
        world[4].Machine.Applied.ShouldBe(["a"], "nobody feeds it");
        world.Configure(PrimaryWorld.Group(2, 1, [1, 2, 3], 4) with { Standby = new Standby([], [new Feed(new(4), new(3))]) });
        world.Lease(world[1], 1_000_000);
        world.Settle(ticks: 12);
        world[4].Machine.Applied.ShouldBe(["a", "b"]);
        world[3].Status().Backups.Select(b => b.Node).ShouldBe([new NodeId(4)]);
    }

    /// <summary>Without the rule n3 would be told by its source, as committed in the new epoch, what the group has given
    /// up.</summary>
    [Fact]
    public void A_source_sends_nothing_that_its_primary_has_not_confirmed()
    {
        var world = PrimaryWorld.Led(4, new PrimaryOptions { Ack = Ack.Async }, learners: 1);
        world.Write(world[1], 1, "both");
        world.Settle(ticks: 12);
        world.Write(world[1], 2, "only n1");
        world.Network.Clear();
        world[1].Outcomes[2].ShouldBe("Applied");
        // n2 leads, n1 becomes the source of n4 before it hears anything of n2.
        world.Configure(PrimaryWorld.Group(2, 2, [2, 1, 3], 4) with { Standby = new Standby([], [new Feed(new(4), new(1))]) });
        world.Lease(world[2], 1_000_000);
        for (var i = 0; i < 20; i++)
        {
            world.TickAll();
            world.Stabilize(e => e.From.Value != 2 && e.To.Value != 2);
        }

        world[4].Machine.Applied.ShouldBe(["both"]);
        world.Write(world[2], 3, "new");
        world.Settle(ticks: 60);
        world[4].Machine.Applied.ShouldBe(["both", "new"]);
        world[4].Status().Losses.ShouldBe(0);
    }

    [Fact]
    public void A_source_that_needs_to_send_a_snapshot_makes_its_own()
    {
        var options = new PrimaryOptions { MaxLagBytes = 15, BackupTimeoutTicks = 10_000, BackupSilenceTicks = 10_000 };
        var world = PrimaryWorld.Led(3, options, learners: 1, standby: s_thirdFedBySecond);
        world.Crash(world[3]);
        for (var i = 0; i < 10; i++)
        {
            world.Write(world[1], i, $"w{i}");
            world.Settle(ticks: 6);
        }

        world.Start(world[3]);
        world.Settle(ticks: 60);
        world[3].Machine.Applied.ShouldBe(world[1].Machine.Applied);
        world[1].Status().SnapshotIndex.ShouldBe(default);
        world[2].Status().SnapshotIndex.ShouldNotBe(default);
    }

    [Fact]
    public void A_delayed_replica_holds_entries_at_once_and_applies_them_later()
    {
        var world = PrimaryWorld.Led(2, learners: 1, standby: new Standby([new(2)], []), delay: 1000);
        world.Write(world[1], 1, "a");
        world.Settle(ticks: 50);
        world[1].Outcomes[1].ShouldBe("Applied");
        world[2].Status().CommitIndex.ShouldBe(new LogIndex(2));
        world[2].Machine.Applied.ShouldBeEmpty();
        world.Settle(ticks: 60);
        world[2].Machine.Applied.ShouldBe(["a"]);
        world[1].Primary().Wanted.ShouldBeNull("it stays a learner");
    }

    [Fact]
    public void A_stream_without_a_gap_is_applied_all_the_same()
    {
        var world = PrimaryWorld.Led(2, learners: 1, standby: new Standby([new(2)], []), delay: 20_000);
        for (var i = 0; i < 2500; i++)
        {
            world.Write(world[1], i, $"w{i}");
            world.Settle(ticks: 1);
        }

        world[2].Machine.Applied.Count.ShouldBeInRange(490, 501);
        world[2].Primary().IsDelayCutShort.ShouldBeFalse();
    }

    [Fact]
    public void The_log_that_a_delay_keeps_is_bounded()
    {
        var world = PrimaryWorld.Led(
            2, new PrimaryOptions { MaxLagBytes = 400 }, learners: 1, standby: new Standby([new(2)], []), delay: 3_600_000);
        for (var i = 0; i < 50; i++)
        {
            world.Write(world[1], i, $"w{i}");
            world.Settle(ticks: 1);
        }

        world.Settle(ticks: 12);
        world[2].Machine.Applied.Count.ShouldBeInRange(20, 49);
        world[2].Primary().IsDelayCutShort.ShouldBeTrue();
        world.Configure(PrimaryWorld.Group(2, 1, [1], 2) with { Standby = new Standby([new(2)], []) });
        world[2].Primary().IsDelayCutShort.ShouldBeFalse();
    }

    [Fact]
    public void After_a_restart_the_delay_begins_anew_and_without_one_all_is_applied()
    {
        var world = PrimaryWorld.Led(2, learners: 1, standby: new Standby([new(2)], []), delay: 1000);
        world.Write(world[1], 1, "a");
        world.Settle(ticks: 90);
        world.Crash(world[2]);
        world.Start(world[2]);
        world.Settle(ticks: 50);
        world[2].Machine.Applied.ShouldBeEmpty();
        world.Configure(PrimaryWorld.Group(2, 1, [1], 2));
        world[2].Machine.Applied.ShouldBe(["a"]);
        world.Lease(world[1], 1_000_000);
        world.Settle(ticks: 12);
        world[1].Primary().Wanted.ShouldNotBeNull().InSync.ShouldBe([new NodeId(1), new NodeId(2)], "a learner like any other");
    }

    [Fact]
    public void Configurations_with_and_without_them_survive_their_bytes()
    {
        var plain = PrimaryWorld.Group(4, 1, [1, 2], 3, 4);
        var rule = GroupRule.Of(new Policy { Strategy = Strategy.Primary, Delayed = 1, DelayMilliseconds = 5000 });
        foreach (var configuration in (GroupConfiguration[])[
            plain, plain with { Rule = rule }, plain with { Standby = new Standby([new(3)], []) },
            plain with { Rule = rule, Standby = new Standby([new(3)], [new Feed(new(4), new(2))]) },
            plain with { Rule = rule with { DelayMilliseconds = 0 }, Standby = new Standby([], [new Feed(new(4), default)]) }])
        {
            var output = new System.Buffers.ArrayBufferWriter<byte>();
            ConfigurationCodec.Write(output, configuration);
            var reader = new WireReader(output.WrittenMemory);
            ConfigurationCodec.TryRead(ref reader, out var back).ShouldBeTrue();
            back.ShouldBe(configuration);
        }
    }
}
