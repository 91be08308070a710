using Quorate.Replication;
using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>[Raft §5 of the dissertation, §7 and fig. 13 of the paper]</summary>
public sealed class SnapshotTests
{
    private static readonly RaftOptions Small = new()
    {
        MaxLagBytes = 300,
        SnapshotWindow = 2,
        MaxBatchBytes = 200,
        SnapshotPieceBytes = 32,
    };

    [Fact]
    public void A_follower_that_needs_what_is_gone_gets_a_snapshot_and_then_the_log()
    {
        var (world, leader, behind) = OneBehind();
        world.Start(behind);
        Settle(world);
        behind.Machine.Applied.ShouldBe(leader.Machine.Applied);
        behind.Disk.Sealed.ShouldNotBeNull();
        leader.Status().Followers.Single(f => f.Node == behind.Id).State.ShouldBe(ProgressState.Replicate);
        world.Write(leader, 900, "after");
        Settle(world);
        behind.Machine.Applied[^1].ShouldBe("after");
    }

    [Fact]
    public void Writes_that_go_on_meanwhile_do_not_make_a_snapshot_one_for_nothing()
    {
        const string Value = "a value that is somewhat longer";
        var (world, leader, behind) = OneBehind();
        world.Start(behind);
        var promised = new HashSet<LogIndex>();
        var written = 0;
        for (var i = 0; i < 60 && StateOf() != ProgressState.Snapshot; i++) Step();
        while (StateOf() == ProgressState.Snapshot) Step();
        Settle(world);
        behind.Machine.Applied.ShouldBe(leader.Machine.Applied);
        promised.Count.ShouldBe(1);
        (written * Value.Length).ShouldBeGreaterThan((int)Small.MaxLagBytes);

        ProgressState StateOf() => leader.Status().Followers.Single(f => f.Node == behind.Id).State;

        void Step()
        {
            written.ShouldBeLessThan(200);
            world.Write(leader, 1000 + ++written, $"{Value} {written}");
            world.TickAll();
            for (var k = 0; k < 4 && world.Network.Count > 0; k++)
            {
                promised.UnionWith(world
                    .Sent<InstallSnapshot>(leader.Id.Value, behind.Id.Value).Select(m => m.LastIncludedIndex));
                world.Deliver(world.Network[0]);
            }
        }
    }

    [Fact]
    public void It_starts_again_from_the_snapshot_it_was_sent()
    {
        var (world, leader, behind) = OneBehind();
        world.Start(behind);
        Settle(world);
        world.Write(leader, 900, "after");
        Settle(world);
        world.CrashAndLoseUnsynced(behind);
        world.Start(behind);
        var restored = behind.Machine.Applied.Count;
        restored.ShouldBeGreaterThan(0);
        behind.Machine.Applied.ShouldBe(leader.Machine.Applied.Take(restored));
        Settle(world);
        behind.Machine.Applied.ShouldBe(leader.Machine.Applied);
    }

    [Fact]
    public void Lost_pieces_are_sent_again_and_a_restarted_receiver_begins_anew()
    {
        var (world, leader, behind) = OneBehind();
        world.Start(behind);
        var dice = new Prng(5);
        for (var i = 0; i < 40; i++)
        {
            world.TickAll();
            world.Stabilize(e => e.Kind != InstallSnapshot.WireKind || dice.Chance(500));
            if (i == 20)
            {
                world.Crash(behind);
                world.Start(behind);
            }
        }

        Settle(world, 100);
        behind.Machine.Applied.ShouldBe(leader.Machine.Applied);
    }

    [Fact]
    public void The_state_changes_only_when_the_snapshot_is_durable()
    {
        var (world, leader, behind) = OneBehind();
        world.Start(behind);
        behind.SyncsAtOnce = false;
        Settle(world);
        behind.Machine.Applied.Count.ShouldBeLessThan(leader.Machine.Applied.Count);
        behind.Disk.Sealing.ShouldNotBeNull();
        world.Sync(behind);
        behind.SyncsAtOnce = true;
        Settle(world);
        behind.Machine.Applied.ShouldBe(leader.Machine.Applied);
    }

    [Fact]
    public void A_snapshot_is_made_when_the_journal_has_grown_and_the_journal_is_released()
    {
        var world = RaftWorld.Of(1, new RaftOptions { SnapshotThresholdBytes = 2000 });
        var only = world.ElectAny();
        for (var i = 1; i <= 300; i++) world.Write(only, i, $"value {i}");
        only.Disk.Sealed.ShouldNotBeNull();
        only.Disk.Records.Sum(r => r.Record.Length).ShouldBeLessThan(9000);
        world.CrashAndLoseUnsynced(only);
        world.Start(only);
        world.ElectAny();
        only.Machine.Applied.Count.ShouldBe(300);
    }

    [Fact]
    public void A_log_that_disagrees_with_the_snapshot_gives_way_also_after_a_restart() // [Raft fig. 13, 7]
    {
        var world = new World(new RaftProtocol(3), 3);
        Journals.Write(world[1], 2, 1, 1, 2, 2, 2, 2, 2, 2);
        world.StartAll();
        world.Inject(2, 1, Whole(term: 4, upTo: 6, upToTerm: 3, "state"));
        Journals.Terms(world[1]).ShouldBeEmpty();
        world[1].Machine.Applied.ShouldBe(["state"]);
        world.Inject(
            2, 1,
            new AppendEntries { Term = new(4), PrevLogIndex = new(6), PrevLogTerm = new(3), Entries = Journals.Frames(7, 4) });
        Journals.Terms(world[1]).ShouldBe([4]);
        world.CrashAndLoseUnsynced(world[1]);
        world.Start(world[1]);
        Journals.Terms(world[1]).ShouldBe([4]);
        world[1].Status().LastIndex.ShouldBe(new LogIndex(7));
        world[1].Machine.Applied.ShouldBe(["state"]);
    }

    [Fact]
    public void A_log_that_agrees_with_the_snapshot_keeps_what_follows_it() // [Raft fig. 13, 6]
    {
        var world = new World(new RaftProtocol(3), 3);
        Journals.Write(world[1], 3, 1, 1, 3, 3, 3);
        world.StartAll();
        world.Inject(2, 1, Whole(term: 4, upTo: 3, upToTerm: 3, "state"));
        Journals.Terms(world[1]).ShouldBe([3, 3]);
        world[1].Status().CommitIndex.ShouldBe(new LogIndex(3));
    }

    [Fact]
    public void A_journal_with_a_hole_is_refused()
    {
        var world = new World(new RaftProtocol(3), 3);
        Journals.Write(world[1], 2, 1, 1);
        world[1].Disk.Append([
            (byte)RecordKind.Entries, .. BitConverter.GetBytes(5L), .. BitConverter.GetBytes(1L), .. Journals.Frames(5, 1)]);
        Should.Throw<InvalidOperationException>(() => world.Start(world[1]));
    }

    [Fact]
    public void A_journal_whose_snapshot_is_gone_is_refused()
    {
        var world = new World(new RaftProtocol(3), 3);
        world[1].Disk.Append([(byte)RecordKind.SnapshotMark, .. BitConverter.GetBytes(5L), .. BitConverter.GetBytes(1L)]);
        Should.Throw<InvalidOperationException>(() => world.Start(world[1]));
    }

    private static InstallSnapshot Whole(long term, long upTo, long upToTerm, string state) => new()
    {
        Term = new(term),
        LastIncludedIndex = new(upTo),
        LastIncludedTerm = new(upToTerm),
        Piece = 0,
        PieceCount = 1,
        ConfigurationBytes = new Configuration(RaftProtocol.Ids(3)).Encode(),
        Data = System.Text.Encoding.UTF8.GetBytes(state),
    };

    private static (World World, TestNode Leader, TestNode Behind) OneBehind()
    {
        var world = RaftWorld.Of(3, Small);
        var leader = world.ElectAny();
        var behind = world.Nodes.Values.First(n => n != leader);
        world.Crash(behind);
        // Silent, and so not waited for.
        Settle(world, 31);
        for (var i = 1; i <= 40; i++)
        {
            world.Write(leader, i, $"value {i}");
            world.Stabilize();
        }

        leader.Status().FirstIndex.Value.ShouldBeGreaterThan(1);
        return (world, leader, behind);
    }

    private static void Settle(World world, int ticks = 60)
    {
        for (var i = 0; i < ticks; i++)
        {
            world.TickAll();
            world.Stabilize();
        }
    }
}
