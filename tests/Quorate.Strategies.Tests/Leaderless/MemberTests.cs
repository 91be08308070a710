using Quorate.Replication;
using Quorate.Strategies.Leaderless;

namespace Quorate.Strategies.Tests.Leaderless;

/// <summary>Members come and go; what they held moves.</summary>
public sealed class MemberTests
{
    private static LeaderlessOptions Eight => new() { Partitions = 8, CompareTicks = 1 };

    [Fact]
    public void A_new_member_takes_up_its_partitions_and_the_others_give_them_away()
    {
        var world = new LeaderlessWorld(4, Eight, members: 3);
        for (var i = 0; i < 50; i++) world.Do(1, $"SET key{i} {i}");
        world.Decide([1, 2, 3, 4]);
        world.TellAll();
        world.Settle(200);
        for (var node = 1; node <= 4; node++)
        {
            var status = world[node].Leaderless().Status;
            (status.Moving, status.Held).ShouldBe((0, status.Complete));
        }

        world.World.Nodes.Values.Sum(n => n.Leaderless().Status.Held).ShouldBe(24, "three holders for each of eight");
        for (var i = 0; i < 50; i++) world.Do(4, $"GET key{i}").ShouldBe($"{i}");
    }

    [Fact]
    public void While_partitions_move_reads_and_writes_need_a_quorum_of_the_older_and_of_the_newer_holders()
    {
        var world = new LeaderlessWorld(6, new LeaderlessOptions { Partitions = 1, CompareTicks = 1_000_000 }, members: 3);
        world.Do(1, "SET x 1");
        world.Decide([4, 5, 6], [1, 2, 3]);
        world.TellAll();
        world.SettleQuietly(10);
        world[4].Leaderless().Status.Moving.ShouldBe(1);
        world.World.Crash(world[2]);
        world.World.Crash(world[3]);
        world.SettleQuietly(40);
        world.Do(4, "SET x 2").ShouldStartWith("Unavailable", customMessage: "too few of the older holders are up");
        world.World.Start(world[2]);
        world.World.Crash(world[5]);
        world.World.Crash(world[6]);
        world.SettleQuietly(40);
        world.Do(4, "SET x 2").ShouldStartWith("Unavailable", customMessage: "too few of the newer holders are up");
        world.World.Start(world[5]);
        world.SettleQuietly(40);
        world.Do(1, "SET x 2").ShouldBe("OK");
    }

    [Fact]
    public void All_members_are_replaced_while_reads_and_writes_go_on()
    {
        var world = new LeaderlessWorld(6, Eight, members: 3);
        for (var i = 0; i < 30; i++) world.Do(1, $"SET key{i} {i}");
        world.Decide([4, 5, 6], [1, 2, 3]);
        foreach (var node in (int[])[4, 5, 6, 1, 2, 3])
        {
            world.Tell(world[node]);
            world.Settle(10);
            world.Do(1, $"SET during {node}").ShouldBe("OK");
            world.Settle(30);
            world.Do(1, "GET during").ShouldBe($"{node}");
        }

        world.Settle(300);
        for (var old = 1; old <= 3; old++)
        {
            world[old].Leaderless().Status.Held.ShouldBe(0);
            world[old].Leaderless().Wanted.ShouldNotBeNull().Learners.ShouldNotContain(new NodeId(old));
        }

        for (var i = 0; i < 30; i++) world.Do(4, $"GET key{i}").ShouldBe($"{i}");
        world.Do(5, "GET during").ShouldBe("3");
    }

    [Fact]
    public void Who_was_told_of_the_newest_members_alone_counts_for_nothing_before_another_has_told_which_came_before()
    {
        var world = new LeaderlessWorld(6, Eight, members: 3);
        world.Do(1, "SET x 1").ShouldBe("OK");
        world.Decide([4, 5, 6], [1, 2, 3]);
        foreach (var node in (int[])[4, 5, 6]) world.Tell(world[node]);
        world.Settle(60);
        world[4].Leaderless().Status.Complete.ShouldBe(0);
        world.Do(4, "GET x").ShouldStartWith("Unavailable");
        world.TellAll();
        world.Settle(300);
        world[4].Leaderless().Status.ShouldSatisfyAllConditions(s => s.Complete.ShouldBe(8), s => s.Moving.ShouldBe(0));
        world.Do(4, "GET x").ShouldBe("1");
    }

    [Fact]
    public void A_member_that_was_away_while_members_changed_twice_learns_of_both_changes()
    {
        var world = new LeaderlessWorld(6, Eight, members: 3);
        world.Do(1, "SET x 1").ShouldBe("OK");
        world.World.Crash(world[3]);
        world.Decide([1, 2, 3, 4]);
        world.TellAll();
        world.Settle(100);
        world.Decide([1, 2, 3, 4, 5]);
        world.TellAll();
        world.World.Start(world[3]);
        world.Tell(world[3]);
        world.Do(3, "GET x").ShouldStartWith("Unavailable", customMessage: "it does not know who counts");
        world.Settle(300);
        world.Do(3, "GET x").ShouldBe("1");
        for (var node = 1; node <= 5; node++) world[node].Leaderless().Status.Moving.ShouldBe(0);
    }

    [Fact]
    public void A_dead_member_is_replaced_and_the_new_one_asks_enough_of_the_others()
    {
        var world = new LeaderlessWorld(4, Eight, members: 3);
        for (var i = 0; i < 30; i++) world.Do(1, $"SET key{i} {i}");
        world.World.Crash(world[3]);
        world.Settle(40);
        world.Decide([1, 2, 4]);
        world.TellAll();
        world.Settle(300);
        world[4].Leaderless().Status.ShouldSatisfyAllConditions(
            s => s.Held.ShouldBe(8), s => s.Complete.ShouldBe(8), s => s.Moving.ShouldBe(0));
        for (var i = 0; i < 30; i++) world.Do(4, $"GET key{i}").ShouldBe($"{i}");
    }

    [Fact]
    public void Who_knows_older_members_is_refused()
    {
        var world = new LeaderlessWorld(6, new LeaderlessOptions { Partitions = 1 }, members: 3);
        world.Decide([4, 5, 6], [1, 2, 3]);
        foreach (var node in world.World.Nodes.Values) if (node.Id.Value != 1) world.Tell(node);
        world.Settle(20);
        var write = world.Ask(1, "SET x 1");
        world.Settle(250);
        world.Answer(1, write).ShouldStartWith("Unknown");
        world.Do(1, "GET x").ShouldNotBe("1");
    }

    [Fact]
    public void Members_and_what_is_held_are_known_after_a_restart()
    {
        var world = new LeaderlessWorld(4, Eight, members: 3);
        world.Do(1, "SET x 1");
        world.Decide([1, 2, 3, 4]);
        world.TellAll();
        world.Settle(200);
        var held = world[2].Leaderless().Status.Held;
        world.World.CrashAndLoseUnsynced(world[2]);
        world.World.Start(world[2]);
        var status = world[2].Leaderless().Status;
        (status.Held, status.Complete).ShouldBe((held, held));
        world[2].Leaderless().Configuration.ShouldBe(world.Newest);
        world.Settle(20);
        world.Do(2, "GET x").ShouldBe("1");
    }

    [Fact]
    public void The_epoch_is_reported_when_it_is_durable()
    {
        var world = new LeaderlessWorld(3, Eight);
        world[1].SyncsAtOnce = false;
        world.Decide([1, 2, 3]);
        world.Tell(world[1]);
        world[1].Leaderless().Report.Epoch.ShouldBe(default);
        world.World.Sync(world[1]);
        world[1].Leaderless().Report.Epoch.ShouldBe(new Epoch(2));
    }
}
