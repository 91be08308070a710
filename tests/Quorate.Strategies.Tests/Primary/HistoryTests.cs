using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Primary;

/// <summary>Divergence, snapshots, newest state.</summary>
public sealed class HistoryTests
{
    [Fact]
    public void Entries_the_new_history_lacks_go_to_the_lost_and_found_and_the_state_is_rebuilt()
    {
        var (world, protocol) = PrimaryWorld.Of(2, new PrimaryOptions { Ack = Ack.Async });
        world.Lead();
        world.Write(world[1], 1, "both");
        world.Stabilize();
        world.Write(world[1], 2, "only n1");
        world.Network.Clear();
        world[1].Outcomes[2].ShouldBe("Applied");
        world.Configure(PrimaryWorld.Group(2, 0, [1, 2]), world[2]);
        world.Configure(PrimaryWorld.Group(3, 2, [1, 2]), world[2]);
        world.Lease(world[2], 10_000);
        world.Write(world[2], 3, "new");
        world.Stabilize(e => e.Kind != InstallSnapshot.WireKind);
        protocol.LostOf(new NodeId(1)).Texts.ShouldBe(["only n1"]);
        world[1].Primary().Report.NeedsState.ShouldBeTrue();
        world.Settle(ticks: 24);
        world[1].Primary().Report.NeedsState.ShouldBeFalse();
        world[1].Machine.Applied.ShouldBe(["both", "new"]);
    }

    [Fact]
    public void A_replica_that_was_let_go_asks_for_the_history_before_it_is_forgotten()
    {
        var (world, protocol) = PrimaryWorld.Of(3, new PrimaryOptions { Ack = Ack.Async });
        world.Lead();
        world.Write(world[1], 1, "both");
        world.Settle(ticks: 12);
        world.Write(world[1], 2, "only n1");
        world.Network.Clear();
        world[1].Outcomes[2].ShouldBe("Applied");
        world.Configure(PrimaryWorld.Group(2, 2, [2, 3]));
        world[1].Primary().MayLeave.ShouldBeFalse();
        world.Settle(ticks: 12);
        world[1].Primary().MayLeave.ShouldBeTrue("the primary needs no lease to tell what its log is");
        protocol.LostOf(new NodeId(1)).Texts.ShouldBe(["only n1"]);
    }

    [Fact]
    public void A_state_that_was_lost_is_still_lost_after_a_restart()
    {
        var (world, _) = PrimaryWorld.Of(2, new PrimaryOptions { Ack = Ack.Async });
        world.Lead();
        world.Write(world[1], 1, "only n1");
        world.Network.Clear();
        world.Configure(PrimaryWorld.Group(2, 2, [1, 2]));
        world.Lease(world[2], 10_000);
        world.Stabilize(e => e.Kind != InstallSnapshot.WireKind);
        world[1].Primary().Report.NeedsState.ShouldBeTrue();
        world.Crash(world[1]);
        world.Start(world[1]);
        world[1].Primary().Report.NeedsState.ShouldBeTrue();
        world.Settle(ticks: 12);
        world[1].Machine.Applied.ShouldBeEmpty();
        world[1].Primary().Report.NeedsState.ShouldBeFalse();
    }

    [Fact]
    public void Who_needs_what_is_gone_gets_a_snapshot_that_goes_on_where_it_was_interrupted()
    {
        var world = PrimaryWorld.Led(
            3,
            new PrimaryOptions
            {
                MaxLagBytes = 15,
                SnapshotWindow = 1,
                SnapshotPieceBytes = 1,
                BackupTimeoutTicks = 10_000,
                BackupSilenceTicks = 10_000,
            });
        world.Crash(world[3]);
        for (var i = 0; i < 10; i++)
        {
            world.Write(world[1], i, $"w{i}");
            world.Settle();
        }

        world.Start(world[3]);
        var delivered = new List<int>();
        for (var tick = 0; tick < 60; tick++)
        {
            world.TickAll();
            var dropped = tick < 30 && tick % 2 == 1;
            world.Stabilize(e =>
            {
                if (e.Kind != InstallSnapshot.WireKind) return true;
                if (dropped) return false;
                PrimaryCodec.TryDecode(e.Kind, e.Body, out var piece);
                delivered.Add(((InstallSnapshot)piece!).Piece);
                return delivered.Count > 30 || delivered.Count % 4 != 3;
            });
        }

        world[3].Machine.Applied.ShouldBe(world[1].Machine.Applied);
        delivered.Max().ShouldBeGreaterThan(3, "several pieces");
        delivered.Count(p => p == 0).ShouldBeLessThanOrEqualTo(2, "it did not begin anew");
    }

    [Fact]
    public void Writes_that_go_on_meanwhile_do_not_make_a_snapshot_one_for_nothing()
    {
        const string Value = "a value that is somewhat longer";
        var options = new PrimaryOptions
        {
            MaxLagBytes = 200,
            SnapshotWindow = 2,
            SnapshotPieceBytes = 32,
            BackupTimeoutTicks = 20,
            BackupSilenceTicks = 20,
        };
        var world = PrimaryWorld.Led(3, options);
        world.Crash(world[3]);
        world.Settle(ticks: 60);
        for (var i = 0; i < 20; i++)
        {
            world.Write(world[1], i, $"{Value} {i}");
            world.Settle();
        }

        world.Start(world[3]);
        var promised = new HashSet<LogIndex>();
        for (var written = 1; written <= 25; written++)
        {
            world.Write(world[1], 100 + written, $"{Value} {100 + written}");
            world.TickAll();
            for (var k = 0; k < 8 && world.Network.Count > 0; k++)
            {
                promised.UnionWith(world.Sent<InstallSnapshot>(1, 3).Select(m => m.Index));
                world.Deliver(world.Network[0]);
            }
        }

        promised.Count.ShouldBe(1, "and it was under way while more was written than is kept for one that is silent");
        world.Settle(ticks: 60);
        world[3].Machine.Applied.ShouldBe(world[1].Machine.Applied);
    }

    [Fact]
    public void A_backup_that_is_behind_gets_the_newest_state_when_state_is_shipped()
    {
        var world = PrimaryWorld.Led(3, new PrimaryOptions { Ship = Ship.State, CoalesceBytes = 50 });
        world.Crash(world[3]);
        for (var i = 0; i < 10; i++)
        {
            world.Write(world[1], i, $"w{i}");
            world.Settle();
        }

        world.Start(world[3]);
        world.Settle(ticks: 6);
        world[1].Machine.Coalesced.ShouldBe(1);
        world[3].Machine.Applied.ShouldBe(world[1].Machine.Applied);
        world.CrashAndLoseUnsynced(world[3]);
        world.Start(world[3]);
        world[3].Machine.Applied.ShouldBe(world[1].Machine.Applied, "it is in the journal");
    }

    [Fact]
    public void An_executed_batch_that_nobody_can_commit_any_more_is_in_the_snapshot_for_whoever_is_to()
    {
        var options = new PrimaryOptions
        {
            Ack = Ack.SemiSync,
            AckBackups = 1,
            Ship = Ship.State,
            MaxLagBytes = 60,
            BackupTimeoutTicks = 20,
            BackupSilenceTicks = 20,
        };
        var (world, _) = PrimaryWorld.Of(3, options);
        world.StartAll();
        world.Configure(PrimaryWorld.Group(1, 1, [1, 2]));
        world.Lease(world[1], 1_000_000);
        world.Settle();
        for (var i = 0; i < 10; i++)
        {
            world.Write(world[1], i, $"w{i}");
            world.Settle();
        }

        world.Crash(world[2]);
        world.Write(world[1], 10, "out");
        world.Configure(PrimaryWorld.Group(2, 1, [1, 2], 3));
        world.Lease(world[1], 1_000_000);
        world.Settle(ticks: 60);
        world[1].Outcomes.ShouldNotContainKey(10);
        world[3].Machine.Applied.ShouldBe(world[1].Machine.Applied);
        var (index, committed) = (world[3].Status().LastApplied, world[3].Status().CommitIndex);
        committed.ShouldBe(index.Previous, "nobody has said that it is committed");
        world[3].Replica.History!.IsCommitted.ShouldBeFalse("no read may show it");
        world.CrashAndLoseUnsynced(world[3]);
        world.Start(world[3]);
        world[3].Status().CommitIndex.ShouldBeLessThan(index, "nor does a restart make it committed");
        world.Configure(PrimaryWorld.Group(3, 1, [1, 2, 3]));
        world.Lease(world[1], 1_000_000);
        world.Settle(ticks: 60);
        world[1].Outcomes[10].ShouldBe("Done");
    }

    [Fact]
    public void A_command_executed_and_not_committed_is_neither_answered_nor_read()
    {
        var world = PrimaryWorld.Led(2, new PrimaryOptions { Ship = Ship.State });
        world.Write(world[1], 1, "a");
        world[1].Machine.Applied.ShouldBe(["a"]);
        world[1].Outcomes.ShouldBeEmpty();
        world[1].Replica.MayReadLocally(world.Now).ShouldBeFalse();
        world.Request(world[1], 2, RequestKind.Read);
        world.Write(world[1], 3, "gathers");
        world[1].Machine.Applied.ShouldBe(["a"], "one batch is out at a time");
        world.Deliver(world.Network[0]);
        world[1].Outcomes.ShouldBeEmpty();
        world.Deliver(world.Network[0]);
        world[1].Outcomes[1].ShouldBe("Done");
        world[1].Outcomes[2].ShouldBe("ReadNow");
        world[1].Machine.Applied.ShouldBe(["a", "gathers"]);
    }

    [Fact]
    public void A_replica_that_forgot_counts_for_nothing_until_it_has_everything_again()
    {
        var world = PrimaryWorld.Led(3, new PrimaryOptions { Durable = false });
        world.Write(world[1], 1, "a");
        world.Settle(ticks: 6);
        world.Crash(world[2]);
        world.Start(world[2]);
        world[2].Primary().Report.ShouldBe(new ReplicaReport(new Epoch(1), default, default, default, NeedsState: true));
        world.Settle(ticks: 12);
        world[2].Primary().Report.NeedsState.ShouldBeFalse();
        world[2].Machine.Applied.ShouldBe(["a"]);
    }

    /// <summary>What INFO, ROLE and WAIT ask for. The value is larger than all that is kept for a backup that does not
    /// answer, and than the chunk of memory that the entries before it are in.</summary>
    [Fact]
    public void A_primary_that_has_forgotten_its_log_to_the_end_still_tells_who_lags_behind()
    {
        var world = PrimaryWorld.Led(
            3, new PrimaryOptions { MaxLagBytes = 1000, BackupTimeoutTicks = 20, BackupSilenceTicks = 20 });
        world.Crash(world[3]);
        world.Write(world[1], 1, new string('x', 100_000));
        world.Settle(ticks: 60);
        var status = world[1].Primary().Status;
        status.FirstIndex.ShouldBe(status.LastIndex.Next, "the log is forgotten to its end");
        var lagging = status.Backups.Single(b => b.Node == new NodeId(3));
        (lagging.LagEntries, lagging.LagBytes).ShouldBe((1, 0), "what is not in memory is not counted");
        world.Start(world[3]);
        world.Settle(ticks: 60);
        world[3].Machine.Applied.ShouldBe(world[1].Machine.Applied);
    }

    [Fact]
    public void Epochs_of_entries_that_are_gone_are_still_known()
    {
        var log = new FrameLog<Epoch>(keepsHistory: true);
        foreach (var epoch in new long[] { 1, 1, 3, 3, 3, 7 }) log.Append(new Epoch(epoch), EntryKind.Command, "x"u8);
        log.DropThrough(new LogIndex(5));
        log.StampAt(new LogIndex(2)).ShouldBe(new Epoch(1));
        log.LastNotAbove(new LogIndex(6), new Epoch(4)).ShouldBe(new LogIndex(5));
        StampRuns<Epoch>.TryDecode(log.EncodeHistory(new LogIndex(6)), new LogIndex(6), new Epoch(7), out var history)
            .ShouldBeTrue();
        var other = new FrameLog<Epoch>(keepsHistory: true);
        foreach (var epoch in new long[] { 1, 1, 3, 5, 5, 5 }) other.Append(new Epoch(epoch), EntryKind.Command, "x"u8);
        other.LastCommon(history!, new LogIndex(6)).ShouldBe(new LogIndex(3));
        other.TruncateFrom(new LogIndex(4));
        other.LastIndex.ShouldBe(new LogIndex(3));
        log.TruncateFrom(new LogIndex(3));
        (log.BaseIndex, log.LastIndex, log.LastStamp).ShouldBe((new LogIndex(2), new LogIndex(2), new Epoch(1)));
        log.CheckInvariants();
    }
}
