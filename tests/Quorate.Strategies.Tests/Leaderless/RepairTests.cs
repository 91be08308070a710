using Quorate.Replication;
using Quorate.Strategies.Leaderless;

namespace Quorate.Strategies.Tests.Leaderless;

/// <summary>[Dynamo §4.7] Comparisons; what every holder has confirmed.</summary>
public sealed class RepairTests
{
    private static LeaderlessOptions One => new() { Partitions = 1, CompareTicks = 2 };

    [Fact]
    public void What_a_holder_missed_is_found_through_the_tree_and_nothing_else_is_sent()
    {
        var world = new LeaderlessWorld(3, One);
        for (var i = 0; i < 300; i++) world.Ask(1, $"SET key{i} {i}");
        world.Settle(20);
        world.Ask(2, "SET key7 other");
        world.Ask(2, "SET new 1");
        world.World.Stabilize(e => e.To.Value != 3);
        Forget(world);
        var before = world[3].Leaderless().Statistics.KeysRepaired;
        world.Settle(40);
        world.Machine(3).Show("GET key7").ShouldBe("other");
        world.Machine(3).Show("GET new").ShouldBe("1");
        (world[3].Leaderless().Statistics.KeysRepaired - before).ShouldBeInRange(2, 4);
    }

    [Fact]
    public void After_a_comparison_nothing_is_missing_and_removals_are_forgotten_everywhere()
    {
        var world = new LeaderlessWorld(3, One);
        for (var i = 0; i < 20; i++) world.Do(1 + (i % 3), $"SET key{i} {i}");
        for (var i = 0; i < 20; i++) world.Do(1 + ((i + 1) % 3), $"DEL key{i}").ShouldBe("1");
        world.Settle(100);
        for (var node = 1; node <= 3; node++) world.Machine(node).Store.ObjectCount.ShouldBe(0);
    }

    [Fact]
    public void While_a_holder_is_away_nothing_that_was_removed_is_forgotten_and_it_does_not_come_back_with_it()
    {
        var world = new LeaderlessWorld(3, One);
        world.Do(1, "SET x 1");
        world.Settle(20);
        world.World.Crash(world[3]);
        world.Settle(40);
        world.Do(1, "DEL x").ShouldBe("1");
        world.Settle(400);
        world.Machine(1).Store.ObjectCount.ShouldBe(1, "the removal is remembered");
        world.World.Start(world[3]);
        world.Settle(100);
        for (var node = 1; node <= 3; node++) world.Do(node, "GET x", r: 1).ShouldBe("(null)");
        world.Machine(1).Store.ObjectCount.ShouldBe(0);
    }

    [Fact]
    public void The_age_of_the_last_repair_is_known()
    {
        var world = new LeaderlessWorld(3, One);
        world.Settle(20);
        world[1].Leaderless().Status.UnrepairedMilliseconds.ShouldNotBeNull().ShouldBeLessThan(500);
        world.World.Crash(world[3]);
        world.Settle(200);
        world[1].Leaderless().Status.UnrepairedMilliseconds.ShouldNotBeNull().ShouldBeGreaterThan(1500);
    }

    [Fact]
    public void Comparisons_fetch_no_more_than_their_budget()
    {
        var world = new LeaderlessWorld(3, One with { RepairBytesPerSecond = 20_000, RepairPieceBytes = 500 });
        world.World.Crash(world[3]);
        world.Settle(40);
        for (var i = 0; i < 200; i++) world.Ask(1, $"SET key{i} {new string('v', 200)}");
        world.Settle(2);
        world.World.Start(world[3]);
        world.Settle(100);
        world.Machine(3).Store.Count.ShouldBeInRange(20, 199, "a second's budget does not fetch everything");
        world.Settle(600);
        world.Machine(3).Store.Count.ShouldBe(200);
    }

    [Fact]
    public void A_node_whose_clock_is_far_ahead_is_not_followed()
    {
        var world = new LeaderlessWorld(3, One);
        world.Protocol.Skews[new NodeId(1)] = 3_600_000;
        var id = world.Ask(1, "SET x future");
        world.Settle(250);
        world.Answer(1, id).ShouldStartWith("Unknown");
        world[2].Leaderless().Statistics.TooFarAhead.ShouldBeGreaterThan(0);
        world.Machine(2).Show("GET x").ShouldBe("(null)");
    }

    [Fact]
    public void Keys_past_their_deadline_are_removed_everywhere()
    {
        var world = new LeaderlessWorld(3, One);
        world.Do(1, "SET x 1 PX 100").ShouldBe("OK");
        world.Settle(300);
        for (var node = 1; node <= 3; node++) world.Machine(node).Store.ObjectCount.ShouldBe(0);
    }

    [Fact]
    public void A_replica_that_lost_its_memory_counts_for_no_read_before_it_has_asked_enough_others()
    {
        var world = new LeaderlessWorld(3, One with { Durable = false });
        world.Ask(2, "SET x 1");
        world.World.Stabilize(e => e.To.Value != 3);
        Forget(world);
        world.World.Crash(world[2]);
        world.World.Start(world[2]);
        world.World.TickAll();
        world[2].Leaderless().Status.Complete.ShouldBe(0);
        world.Settle(60);
        world[2].Leaderless().Status.Complete.ShouldBe(1);
        world.Do(3, "GET x").ShouldBe("1");
        world.Machine(2).Show("GET x").ShouldBe("1");
    }

    [Fact]
    public void Who_forgot_what_it_made_and_has_it_again_does_not_say_that_it_is_gone()
    {
        var world = new LeaderlessWorld(3, One with { Durable = false });
        world.Ask(1, "SADD s x");
        world.World.Stabilize(e => e.To.Value != 3);
        Forget(world);
        world.World.Crash(world[1]);
        world.World.Start(world[1]);
        // n3 asks nobody what it lacks, and hears all that n1 says.
        for (var i = 0; i < 200; i++)
        {
            world.World.TickAll();
            world.World.Stabilize(e => e.Kind != Compare.WireKind || e.From.Value != 3);
        }

        var made = world.Machine(2).Seen.LastOf(new NodeId(1));
        world.Machine(1).Show("SISMEMBER s x").ShouldBe("1");
        world.Machine(1).Seen.ToVersionVector()[new NodeId(1)].ShouldBeGreaterThanOrEqualTo(made);
        world.Machine(3).Seen.ToVersionVector()[new NodeId(1)].ShouldBeLessThan(made, "n3 has not seen what n1 made");
        world.Settle(200);
        for (var node = 1; node <= 3; node++) world.Machine(node).Show("SISMEMBER s x").ShouldBe("1", $"at n{node}");
    }

    [Fact]
    public void When_all_have_lost_their_memory_they_agree_that_there_is_nothing()
    {
        var world = new LeaderlessWorld(3, One with { Durable = false });
        world.Do(2, "SET x 1");
        for (var node = 1; node <= 3; node++) world.World.Crash(world[node]);
        for (var node = 1; node <= 3; node++) world.World.Start(world[node]);
        world.Settle(100);
        world.Do(1, "GET x").ShouldBe("(null)");
        world.Do(1, "SET x 2").ShouldBe("OK");
    }

    [Fact]
    public void An_emptied_disk_is_noticed_by_what_others_have_seen_of_it()
    {
        var world = new LeaderlessWorld(3, One);
        world.Do(2, "SET x 1");
        world.Settle(20);
        world.World.Crash(world[2]);
        world[2].Disk.Release(new PersistPoint(long.MaxValue));
        world.World.Start(world[2]);
        world.Tell(world[2]);
        world.Settle(60);
        world[2].Leaderless().Statistics.MemoryLost.ShouldBe(1);
        world[2].Leaderless().Status.Complete.ShouldBe(1);
        world.Machine(2).Show("GET x").ShouldBe("1");
    }

    [Fact]
    public void A_restart_finds_everything_in_snapshot_and_journal()
    {
        var world = new LeaderlessWorld(3, One with { SnapshotThresholdBytes = 2000, SnapshotPieceBytes = 300 });
        for (var i = 0; i < 100; i++) world.Do(1 + (i % 3), $"SET key{i % 40} {new string('v', 20)}{i}");
        for (var i = 0; i < 10; i++) world.Do(1, $"DEL key{i}");
        world.Settle(30);
        world[1].Disk.Sealed.ShouldNotBeNull();
        world[1].Disk.Records.Count.ShouldBeLessThan(100, "what the snapshot holds was released");
        var (seen, digest) = (world.Machine(1).Seen.ToString(), world.Machine(1).DigestOf(0, 0));
        world.World.CrashAndLoseUnsynced(world[1]);
        world.World.Start(world[1]);
        world.Machine(1).DigestOf(0, 0).ShouldBe(digest);
        world.Machine(1).Seen.ToString().ShouldBe(seen);
        world.Settle(10);
        world.Do(1, "GET key39").ShouldEndWith("79");
        world.Do(1, "SET key1 again").ShouldBe("OK");
        world.Settle(30);
        world.Machine(2).DigestOf(0, 0).ShouldBe(world.Machine(1).DigestOf(0, 0));
    }

    /// <summary>Ticks until what was lost on its way is not sent again; comparisons and reads are lost.</summary>
    private static void Forget(LeaderlessWorld world)
    {
        for (var i = 0; i < 230; i++)
        {
            world.World.TickAll();
            world.World.Stabilize(e => e.Kind is Ping.WireKind);
        }
    }
}
