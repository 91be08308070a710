using System.Text;
using Quorate.Replication;
using Quorate.Strategies.MultiLeader;

namespace Quorate.Strategies.Tests.MultiLeader;

/// <summary>Replicas that are far behind, new, restarted, or gone; and what is forgotten when.</summary>
public sealed class StateTests
{
    [Fact]
    public void Who_is_behind_the_log_gets_states_piece_by_piece_and_then_deltas_again()
    {
        var world = MultiLeaderWorld.Of(2, new MultiLeaderOptions { MaxBacklogBytes = 500, PieceBytes = 200, BehindTicks = 20 });
        for (var i = 0; i < 50; i++) world.Do(1, $"SET k{i} v{i}");
        world.Settle(0, MultiLeaderWorld.Without(2));
        world.Status(1).Statistics.BacklogBytes.ShouldBeLessThan(700);
        world.Status(1).Members[0].LacksState.ShouldBeTrue();
        world.Settle(150);
        for (var i = 0; i < 50; i++) world.Peek(2, $"GET k{i}").ShouldBe($"v{i}");
        world.Status(2).Statistics.Pulls.ShouldBe(1);
        world.Status(2).Statistics.PiecesPulled.ShouldBeGreaterThan(5);
        world.Status(2).IsCausal.ShouldBeTrue();
        world.Do(1, "SET last v");
        world.Settle(5);
        world.Peek(2, "GET last").ShouldBe("v");
        world.Status(2).Statistics.Pulls.ShouldBe(1);
    }

    [Fact]
    public void A_transfer_goes_on_where_it_was_after_a_loss()
    {
        var world = MultiLeaderWorld.Of(
            2, new MultiLeaderOptions { MaxBacklogBytes = 500, PieceBytes = 200, BehindTicks = 20, PullTimeoutTicks = 30 });
        for (var i = 0; i < 50; i++) world.Do(1, $"SET k{i} v{i}");
        world.World.Network.Clear();
        var pieces = 0;
        // Every fifth piece is lost.
        world.Settle(600, e => !e.Text.StartsWith("States", StringComparison.Ordinal) || ++pieces % 5 != 0);
        for (var i = 0; i < 50; i++) world.Peek(2, $"GET k{i}").ShouldBe($"v{i}");
        world.Status(2).Statistics.PiecesPulled.ShouldBeLessThan(pieces);
        world.Status(2).Statistics.Pulls.ShouldBe(1);
    }

    [Fact]
    public void A_learner_serves_nobody_fetches_the_state_and_asks_to_be_a_member()
    {
        var world = new MultiLeaderWorld(3);
        world.World.StartAll();
        world.Configure(1, [1, 2]);
        world.Settle();
        world.Do(1, "SET k v");
        world.Configure(2, [1, 2], 3);
        world.World.Tick(world[3]);
        world.Do(3, "GET k")!.ShouldStartWith("NotLeader");
        MultiLeaderWorld.Replica(world[3]).Wanted.ShouldBeNull();
        world.Settle(50);
        MultiLeaderWorld.Replica(world[3]).Wanted.ShouldBe(MultiLeaderWorld.Group(3, [1, 2, 3]));
        world.Configure(3, [1, 2, 3]);
        world.Do(3, "GET k").ShouldBe("v");
        world.Do(3, "INCR c");
        world.Settle(50);
        world.Peek(1, "GET c").ShouldBe("1");
        world.Status(3).HasGaps.ShouldBeFalse();
    }

    [Fact]
    public void A_member_that_is_removed_still_brings_what_it_had_not_told()
    {
        var world = MultiLeaderWorld.Of(3);
        world.Do(3, "SET late v");
        world.World.Network.Clear();
        MultiLeaderWorld.Replica(world[3]).IsDrained.ShouldBeFalse();
        world.Configure(2, [1, 2]);
        world.Do(3, "SET later v")!.ShouldStartWith("NotLeader");
        world.Settle(200);
        world.Peek(1, "GET late").ShouldBe("v");
        MultiLeaderWorld.Replica(world[3]).IsDrained.ShouldBeTrue();
    }

    [Fact]
    public void What_was_removed_is_remembered_until_every_member_has_told_or_left_the_group()
    {
        var world = MultiLeaderWorld.Of(3);
        world.Do(1, "SADD s x");
        world.Settle(60);
        world.Do(1, "SREM s x");
        world.Settle(300, MultiLeaderWorld.Without(3));
        world.Machine(1).Store.ObjectCount.ShouldBe(1);
        world.Status(1).Members[1].HoldsUpForgetting.ShouldBeTrue();
        world.Status(1).Members[1].IsReachable.ShouldBeFalse();
        world.Status(1).Members[0].HoldsUpForgetting.ShouldBeFalse();
        world.Configure(world[1], MultiLeaderWorld.Group(2, [1, 2]));
        world.Configure(world[2], MultiLeaderWorld.Group(2, [1, 2]));
        world.Settle(100, MultiLeaderWorld.Without(3));
        world.Machine(1).Store.ObjectCount.ShouldBe(0);
        world.Machine(2).Store.ObjectCount.ShouldBe(0);
    }

    [Fact]
    public void A_removal_is_forgotten_only_when_what_was_made_before_it_was_seen_has_come()
    {
        var world = MultiLeaderWorld.Of(3);
        world.Do(1, "INCRBY c 10");
        world.Settle(60);
        world.Do(2, "DEL c");
        world.Do(1, "INCRBY c 3");
        // n3 gets the removal, and hears from n1 that it has it too, but not n1's addition, which was made before.
        static bool Passes(Harness.Envelope e) =>
            !(e.From.Value == 1 && e.To.Value == 3 && e.Text.StartsWith("Deltas", StringComparison.Ordinal))
                && !(e.From.Value == 2
                    && e.Text.Contains(" n1:", StringComparison.Ordinal)
                    && e.Text.StartsWith("Deltas", StringComparison.Ordinal));
        world.Settle(150, Passes);
        world.Settle(400);
        for (var node = 1; node <= 3; node++) world.Peek(node, "GET c").ShouldBe("3");
    }

    [Fact]
    public void A_restarted_replica_goes_on_where_it_was()
    {
        var world = MultiLeaderWorld.Of(2);
        for (var i = 0; i < 5; i++) world.Do(1, "INCR c");
        world.Do(2, "INCR c");
        world.Settle(5);
        world.World.Crash(world[1]);
        world.World.Start(world[1]);
        world.Do(1, "INCR c").ShouldBe("7");
        world.Settle(30);
        world.Peek(2, "GET c").ShouldBe("7");
        world.Status(1).NeedsState.ShouldBeFalse();
        world.Status(2).Statistics.Pulls.ShouldBe(0);
    }

    [Fact]
    public void A_snapshot_takes_the_place_of_the_journal_but_for_what_others_lack()
    {
        var world = MultiLeaderWorld.Of(2, new MultiLeaderOptions { SnapshotThresholdBytes = 2000, PieceBytes = 300 });
        for (var i = 0; i < 400; i++)
        {
            world.Do(1, $"SET k{i % 40} v{i}").ShouldBe("OK");
            if (i % 10 == 0) world.Settle(1);
        }

        world.Settle(100);
        world[1].Disk.Records.Sum(r => r.Record.Length).ShouldBeLessThan(10_000);
        world.Do(1, "SET only here");
        world.World.Network.Clear();
        world.World.Crash(world[1]);
        world.World.Start(world[1]);
        for (var i = 0; i < 40; i++) world.Peek(1, $"GET k{i}").ShouldBe($"v{360 + i}");
        world.Peek(1, "GET only").ShouldBe("here");
        world.Settle(100);
        world.Peek(2, "GET only").ShouldBe("here");
        world.Status(2).Statistics.Pulls.ShouldBe(0);
    }

    [Fact]
    public void A_replica_that_kept_everything_in_memory_begins_anew_and_takes_no_number_twice()
    {
        var world = MultiLeaderWorld.Of(3, new MultiLeaderOptions { Durable = false });
        for (var i = 0; i < 3; i++) world.Do(1, "INCR c");
        world.Settle(10);
        // The last two nobody else has.
        for (var i = 0; i < 2; i++) world.Do(1, "INCR c");
        world.World.Network.Clear();
        world.World.Crash(world[1]);
        world.World.Start(world[1]);
        world.Do(1, "GET c")!.ShouldStartWith("NotLeader");
        world.Settle(40);
        world.Do(1, "INCR c").ShouldBe("4");
        world.Settle(60);
        for (var node = 1; node <= 3; node++) world.Peek(node, "GET c").ShouldBe("4");
        world.Status(1).HasGaps.ShouldBeFalse();
        world.Machine(2).Seen.Count.ShouldBe(1);
    }

    [Fact]
    public void Who_forgot_what_it_made_and_has_it_again_does_not_say_that_it_is_gone()
    {
        var world = MultiLeaderWorld.Of(3, new MultiLeaderOptions { Durable = false });
        world.Do(1, "SADD s x");
        // n3 is not told by n1, which is the first to forget it, nor by n2 before that.
        world.Settle(2, MultiLeaderWorld.Without(3));
        world.World.Network.Clear();
        world.World.Crash(world[1]);
        world.World.Start(world[1]);
        world.Settle(100, e => e.Kind != Deltas.WireKind || e.From.Value != 2);
        world.Status(1).HasGaps.ShouldBeFalse();
        world.Peek(1, "SISMEMBER s x").ShouldBe("1");
        world.Peek(3, "SISMEMBER s x").ShouldBe("0");
        world.Settle(300);
        for (var node = 1; node <= 3; node++) world.Peek(node, "SISMEMBER s x").ShouldBe("1", $"at n{node}");
        world.Machine(3).Seen.Count.ShouldBe(1);
    }

    [Fact]
    public void A_group_that_forgot_everything_comes_back_when_all_are_there()
    {
        var world = MultiLeaderWorld.Of(3, new MultiLeaderOptions { Durable = false });
        world.Do(1, "INCR c");
        world.Settle(10);
        for (var node = 1; node <= 3; node++) world.World.Crash(world[node]);
        world.World.Start(world[1]);
        world.World.Start(world[2]);
        world.Settle(100);
        world.Status(1).IsServing.ShouldBeFalse();
        world.World.Start(world[3]);
        world.Settle(100);
        world.Do(1, "INCR c").ShouldBe("1");
        world.Settle(50);
        world.Peek(3, "GET c").ShouldBe("1");
    }

    [Fact]
    public void A_replica_made_twice_with_one_incarnation_finds_out_and_serves_nobody()
    {
        var world = MultiLeaderWorld.Of(2);
        world.Do(2, "INCR c");
        world.Settle(5);
        world.World.Crash(world[2]);
        // The node left the group, what it had is gone, and it comes back without having been started again.
        world[2].Disk.Release(new PersistPoint(long.MaxValue));
        world[2].Incarnation--;
        world.Configure(world[1], MultiLeaderWorld.Group(2, [1], 2));
        world.World.Start(world[2]);
        world.Configure(world[2], MultiLeaderWorld.Group(2, [1], 2));
        world.Settle(100);
        world.Peek(2, "GET c").ShouldBe("1");
        MultiLeaderWorld.Replica(world[2]).Wanted.ShouldBeNull();
        world[2].ToString().ShouldContain("NUMBERS USED");
        world.World.Crash(world[2]);
        world.World.Start(world[2]);
        world.Settle(100);
        MultiLeaderWorld.Replica(world[2]).Wanted.ShouldBe(MultiLeaderWorld.Group(3, [1, 2]));
    }

    [Fact]
    public void A_silent_difference_is_found_by_digests_and_mended()
    {
        var world = MultiLeaderWorld.Of(2, new MultiLeaderOptions { CompareTicks = 50 });
        for (var i = 0; i < 200; i++) world.Do(1, $"SET k{i} v");
        world.Settle(20);
        // A value that n2 has by no update that anybody was told of, as after a fault in its memory.
        var (reply, delta) = (new System.Buffers.ArrayBufferWriter<byte>(), new System.Buffers.ArrayBufferWriter<byte>());
        var stray = new StoreMachine(new NodeId(2), 9);
        stray.Execute(Encoding.UTF8.GetBytes("SET k7 damaged"), world.World.NowOf(world[2]), reply, delta);
        var state = new System.Buffers.ArrayBufferWriter<byte>();
        stray.WriteState("k7"u8, state);
        world.Machine(2).TryMerge(state.WrittenSpan, world.World.NowOf(world[2]));
        world.Machine(1).DigestOf(0, 0).ShouldNotBe(world.Machine(2).DigestOf(0, 0));
        world.Settle(200);
        world.Machine(1).DigestOf(0, 0).ShouldBe(world.Machine(2).DigestOf(0, 0));
        (world.Status(1).Statistics.Divergences + world.Status(2).Statistics.Divergences).ShouldBeGreaterThan(0);
        world.Status(1).Statistics.BytesOfState.ShouldBeLessThan(2000);
    }

    [Fact]
    public void A_digest_tells_a_counter_from_none_whoever_added_to_it()
    {
        for (var node = 1; node <= 3; node++)
        {
            var machine = new StoreMachine(new NodeId(node), 1);
            machine.RemembersAll();
            for (var i = 1; i <= 3; i++)
            {
                var before = machine.DigestOf(0, 0);
                machine.Execute(
                    "INCR c"u8, new StepTime(0, 1), new System.Buffers.ArrayBufferWriter<byte>(),
                    new System.Buffers.ArrayBufferWriter<byte>());
                machine.DigestOf(0, 0).ShouldNotBe(before);
            }
        }
    }

    [Fact]
    public void Expired_keys_are_removed_everywhere_and_forgotten()
    {
        var world = MultiLeaderWorld.Of(3, new MultiLeaderOptions { UpkeepTicks = 5 });
        world.Do(1, "SET k v");
        world.Do(1, "PEXPIRE k 100");
        world.Settle(3);
        world.Peek(2, "GET k").ShouldBe("v");
        world.Settle(300);
        for (var node = 1; node <= 3; node++)
        {
            world.Peek(node, "GET k").ShouldBe("(null)");
            world.Machine(node).Store.ObjectCount.ShouldBe(0);
        }

        world.Status(2).Statistics.OwnDeltas.ShouldBe(0);
    }
}
