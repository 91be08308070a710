using Quorate.Replication;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Chain;

public sealed class JoinTests
{
    [Fact]
    public void A_learner_that_has_caught_up_is_wanted_at_the_tail()
    {
        var (world, control) = ChainWorld.Of(2, nodes: 3, learners: [3]);
        world.Write(world[1], 1, "x=1");
        world.Settle();
        world[2].Chain().Wanted!.InSync.ShouldBe([new NodeId(1), new NodeId(2), new NodeId(3)]);
        world[3].Chain().Report.NeedsState.ShouldBeFalse();
        control.TakeAny().ShouldBeTrue();
        control.TellAll();
        control.GrantAll();
        world.Settle();
        world[3].Machine.Applied.ShouldBe(["x=1"]);
        world[3].Replica.MayReadLocally(world.Now).ShouldBeTrue();
    }

    [Fact]
    public void From_before_it_is_wanted_nothing_is_committed_without_it()
    {
        var (world, control) = ChainWorld.Of(2, nodes: 3, learners: [3]);
        world[2].Chain().Wanted.ShouldNotBeNull();
        world[3].SyncsAtOnce = false;
        world.Write(world[1], 1, "x=1");
        world.Settle();
        world[1].Outcomes.ShouldNotContainKey(1);
        // It dies: the tail cannot take its word back, but another epoch can.
        world.CrashAndLoseUnsynced(world[3]);
        world.Settle(40);
        var wish = world[2].Chain().Wanted!;
        wish.InSync.ShouldBe([new NodeId(1), new NodeId(2)]);
        world[1].Outcomes.ShouldNotContainKey(1);
        control.TryTake(wish).ShouldBeTrue();
        control.TellAll();
        control.GrantAll();
        world.Settle();
        world[1].Outcomes[1].ShouldBe("Applied");
    }

    [Fact]
    public void A_learner_behind_the_log_gets_a_snapshot_that_goes_on_where_it_stopped()
    {
        var options = new ChainOptions { RetainedBytes = 0, SnapshotWindow = 1, SnapshotPieceBytes = 4 };
        var (world, control) = ChainWorld.Of(1, nodes: 2, options: options);
        for (var i = 1; i <= 6; i++) world.Write(world[1], i, $"x={i}");
        control.Decide([1], [2]);
        control.TellAll();
        control.GrantAll();
        world.Stabilize();
        for (var i = 0; i < 20 && !world.Sent<SnapshotAck>(2, 1).Any(a => a.NextPiece == 3); i++)
        {
            world.TickAll();
            while (world.Network.Count > 0 && !world.Sent<SnapshotAck>(2, 1).Any(a => a.NextPiece == 3))
                world.Deliver(world.Network[0]);
        }

        world.Sent<SnapshotAck>(2, 1).ShouldContain(a => a.NextPiece == 3);
        // Another epoch comes in between; the pieces that have arrived are not fetched again.
        world.Network.Clear();
        control.Decide([1], [2]);
        control.TellAll();
        control.GrantAll();
        var pieces = new List<int>();
        world.Trace = line =>
        {
            if (line.Contains("SnapshotPiece", StringComparison.Ordinal))
                pieces.Add(int.Parse(line.Split("piece ")[1].Split(' ')[0]));
        };
        world.Settle(20);
        world[2].Machine.Applied.Count.ShouldBe(6);
        pieces.ShouldNotContain(2);
        world[1].Chain().Wanted!.InSync.Count.ShouldBe(2);
    }

    /// <summary>What INFO, ROLE and WAIT ask for. The value is larger than all that is kept for a learner that does not
    /// answer, and than the chunk of memory that the entries before it are in.</summary>
    [Fact]
    public void A_tail_that_has_forgotten_its_log_to_the_end_still_tells_who_lags_behind()
    {
        var (world, control) = ChainWorld.Of(1, nodes: 2, options: new ChainOptions { RetainedBytes = 1000, MaxLagBytes = 2000 });
        world.Crash(world[2]);
        control.Decide([1], [2]);
        control.Tell(world[1]);
        control.Grant(world[1]);
        world.Write(world[1], 1, $"x={new string('x', 100_000)}");
        for (var i = 0; i < 60; i++)
        {
            control.GrantAll();
            world.Settle(ticks: 1);
        }

        var status = world[1].Status();
        status.FirstIndex.ShouldBe(status.LastIndex.Next, "the log is forgotten to its end");
        var lagging = status.Fed.ShouldHaveSingleItem();
        (lagging.LagEntries, lagging.LagBytes).ShouldBe((status.LastIndex.Value, 0), "what is not in memory is not counted");
    }

    [Fact]
    public void A_learner_that_was_cut_off_until_the_log_had_gone_on_without_it_is_asked_again()
    {
        var options = new ChainOptions { RetainedBytes = 1000, MaxLagBytes = 2000, MaxBatchBytes = 20, MaxInflight = 1 };
        var (world, control) = ChainWorld.Of(1, nodes: 2, options: options);
        for (var i = 1; i <= 20; i++) world.Write(world[1], i, $"x={i}");
        control.Decide([1], [2]);
        control.TellAll();
        control.GrantAll();
        for (var i = 0; i < 20 && world[2].Chain().Status.LastIndex.Value < 3; i++)
        {
            world.TickAll();
            while (world.Network.Count > 0 && world[2].Chain().Status.LastIndex.Value < 3) world.Deliver(world.Network[0]);
        }

        for (var i = 0; i < 2 * options.SilenceTicks; i++)
        {
            world.Write(world[1], 100 + i, $"y={i}");
            world.Network.Clear();
            control.GrantAll();
            world.TickAll();
        }

        world.Network.Clear();
        control.GrantAll();
        world[2].Machine.Applied.Count.ShouldBeLessThan(20);
        world.Settle(60);
        world[2].Disk.Sealed.ShouldNotBeNull("a snapshot");
        world[2].Machine.Applied.ShouldBe(world[1].Machine.Applied);
        world[1].Machine.Applied.Count.ShouldBe(20 + (2 * options.SilenceTicks));
    }

    [Fact]
    public void A_returning_replica_is_cut_to_the_chains_history_and_keeps_its_state()
    {
        var (world, control) = ChainWorld.Of(3);
        world.Write(world[1], 1, "x=1");
        world.Settle();
        world.Write(world[1], 2, "x=lost");
        world.Network.Clear();
        world.Crash(world[1]);
        world.Advance(2000);
        control.Decide([2, 3], [1]);
        control.TellAll();
        control.GrantAll();
        world.Settle();
        world.Write(world[2], 3, "x=3");
        world.Settle();
        world.Start(world[1]);
        world[1].Status().LastIndex.ShouldBe(new LogIndex(3));
        control.Tell(world[1]);
        world.Settle();
        world[1].Machine.Applied.ShouldBe(["x=1", "x=3"]);
        world[1].Chain().Report.NeedsState.ShouldBeFalse();
    }

    [Fact]
    public void An_empty_replica_in_a_later_epoch_needs_state_whatever_it_is_called()
    {
        var world = new World(new ChainProtocol(), 2);
        world.StartAll();
        var control = new ChainControl(world);
        control.Decide([1, 2]);
        control.Tell(world[1]);
        control.Decide([1, 2]);
        control.TellAll();
        control.GrantAll();
        world[1].Chain().Report.NeedsState.ShouldBeFalse();
        world[2].Chain().Report.NeedsState.ShouldBeTrue();
        world.Settle(10);
        world[2].Chain().Wanted!.InSync.ShouldBe([new NodeId(1)]);
        world[2].Chain().Wanted!.Learners.ShouldBe([new NodeId(2)]);
    }

    [Fact]
    public void A_replica_that_kept_entries_in_memory_and_was_restarted_needs_state()
    {
        var (world, control) = ChainWorld.Of(2, options: new ChainOptions { Durable = false });
        world.Write(world[1], 1, "x=1");
        world.Settle();
        world.Crash(world[2]);
        world.Start(world[2]);
        control.GrantAll();
        world[2].Chain().Report.NeedsState.ShouldBeTrue();
        world[2].Replica.MayReadLocally(world.Now).ShouldBeFalse();
        world[2].Chain().Wanted!.Learners.ShouldBe([new NodeId(2)]);
        world.Advance(2000);
        for (var i = 0; i < 30 && control.Newest.Epoch.Value < 3; i++)
        {
            control.TakeAny();
            control.TellAll();
            control.GrantAll();
            world.Settle();
        }

        control.Newest.InSync.ShouldBe([new NodeId(1), new NodeId(2)]);
        world.Settle();
        world[2].Machine.Applied.ShouldBe(["x=1"]);
        world[2].Chain().Report.NeedsState.ShouldBeFalse();
    }

    [Fact]
    public void A_restart_finds_epoch_log_and_snapshot_again()
    {
        var (world, _) = ChainWorld.Of(2, options: new ChainOptions { SnapshotThresholdBytes = 200 });
        for (var i = 1; i <= 20; i++)
        {
            world.Write(world[1], i, $"x={i}");
            world.Settle(1);
        }

        world[2].Disk.Sealed.ShouldNotBeNull();
        var before = world[2].Status();
        world.CrashAndLoseUnsynced(world[2]);
        world.Start(world[2]);
        var after = world[2].Status();
        after.Configuration.ShouldBe(before.Configuration);
        after.LastIndex.ShouldBe(before.LastIndex);
        after.CommitIndex.ShouldBe(after.SnapshotIndex);
        after.SnapshotIndex.Value.ShouldBeGreaterThan(1);
        after.NeedsState.ShouldBeFalse();
    }
}
