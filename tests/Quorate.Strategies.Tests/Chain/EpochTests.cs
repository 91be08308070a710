using Quorate.Replication;
using Quorate.Strategies.Chain;

namespace Quorate.Strategies.Tests.Chain;

public sealed class EpochTests
{
    [Fact]
    public void An_epoch_is_reported_and_acted_upon_only_when_it_is_durable()
    {
        var (world, control) = ChainWorld.Of(2);
        world[1].SyncsAtOnce = false;
        control.Decide([1, 2]);
        control.Tell(world[1]);
        control.Grant(world[1]);
        world[1].Chain().Configuration!.Epoch.ShouldBe(new Epoch(2));
        world[1].Chain().Report.Epoch.ShouldBe(new Epoch(1));
        world.Write(world[1], 1, "x=1");
        world[1].Outcomes[1].ShouldStartWith("NotLeader");
        world.CrashAndLoseUnsynced(world[1]);
        world.Start(world[1]);
        world[1].Chain().Report.Epoch.ShouldBe(new Epoch(1));
        world[1].SyncsAtOnce = true;
        control.Tell(world[1]);
        world[1].Chain().Report.Epoch.ShouldBe(new Epoch(2));
    }

    [Fact]
    public void Messages_of_another_epoch_are_not_acted_upon()
    {
        var (world, control) = ChainWorld.Of(3);
        control.Decide([2, 3], [1]);
        control.Tell(world[2]);
        control.Tell(world[3]);
        world.Write(world[1], 1, "x=1");
        world.Settle();
        world[2].Machine.Applied.ShouldBeEmpty();
        world[1].Outcomes.ShouldNotContainKey(1);
    }

    [Fact]
    public void An_older_configuration_is_ignored()
    {
        var (world, _) = ChainWorld.Of(2);
        world.Do(
            world[1],
            r =>
                ((ChainReplica)r).OnConfiguration(
                    new GroupConfiguration(new Epoch(1), new NodeId(2), [new NodeId(2)], []), world.Now, world[1].Effects));
        world[1].Replica.IsLeader.ShouldBeTrue();
    }

    [Fact]
    public void When_the_head_fails_its_successor_orders_after_what_it_holds()
    {
        var (world, control) = ChainWorld.Of(3);
        world.Write(world[1], 1, "x=1");
        world.Stabilize(passes: e => e.To.Value != 3 || e.Kind != Forward.WireKind);
        world.Crash(world[1]);
        world.Advance(2000);
        control.Decide([2, 3], [1]);
        control.TellAll();
        control.GrantAll();
        world.Settle();
        world.Write(world[2], 2, "x=2");
        world.Settle();
        world[3].Machine.Applied.ShouldBe(["x=1", "x=2"]);
        world[2].Outcomes[2].ShouldBe("Applied");
    }

    [Fact]
    public void When_the_tail_fails_its_predecessor_commits_what_was_pending()
    {
        var (world, control) = ChainWorld.Of(3);
        world.Crash(world[3]);
        world.Write(world[1], 1, "x=1");
        world.Settle();
        world[1].Outcomes.ShouldNotContainKey(1);
        world.Advance(2000);
        control.Decide([1, 2], [3]);
        control.TellAll();
        control.GrantAll();
        world.Settle();
        world[1].Outcomes[1].ShouldBe("Applied");
    }

    [Fact]
    public void When_the_middle_fails_its_predecessor_resends_what_the_next_one_lacks()
    {
        var (world, control) = ChainWorld.Of(4);
        for (var i = 1; i <= 3; i++) world.Write(world[1], i, $"x={i}");
        world.Stabilize(passes: e => !(e.From.Value == 2 && e.To.Value == 3));
        world.Crash(world[2]);
        world.Advance(2000);
        control.Decide([1, 3, 4], [2]);
        control.TellAll();
        control.GrantAll();
        world.Settle();
        for (var i = 1; i <= 3; i++) world[1].Outcomes[i].ShouldBe("Applied");
        world[4].Machine.Applied.ShouldBe(["x=1", "x=2", "x=3"]);
    }

    [Fact]
    public void A_neighbour_that_says_nothing_is_wanted_out()
    {
        var (world, _) = ChainWorld.Of(3);
        world[1].Chain().Wanted.ShouldBeNull();
        world.Crash(world[2]);
        world.Settle(40);
        world[1].Chain().Wanted!.InSync.ShouldBe([new NodeId(1), new NodeId(3)]);
        world[1].Chain().Wanted!.Learners.ShouldBe([new NodeId(2)]);
        world[3].Chain().Wanted!.InSync.ShouldBe([new NodeId(1), new NodeId(3)]);
        world[1].Chain().Wanted!.Epoch.ShouldBe(new Epoch(2));
    }

    [Fact]
    public void A_restarted_head_or_tail_waits_for_another_epoch_and_a_restarted_middle_does_not()
    {
        var (world, control) = ChainWorld.Of(3);
        for (var n = 1; n <= 3; n++)
        {
            world.Crash(world[n]);
            world.Start(world[n]);
        }

        control.GrantAll();
        world[2].Chain().Wanted.ShouldBeNull();
        world[3].Chain().Wanted!.InSync.ShouldBe(control.Newest.InSync);
        world[1].Replica.IsLeader.ShouldBeFalse();
        world.Write(world[1], 1, "x=1");
        world[1].Outcomes[1].ShouldStartWith("Unavailable");
        control.TakeAny().ShouldBeTrue();
        control.TellAll();
        control.GrantAll();
        world.Settle();
        world.Write(world[1], 2, "x=2");
        world.Settle();
        world[1].Outcomes[2].ShouldBe("Applied");
    }

    [Fact]
    public void A_head_that_lost_what_it_had_sent_begins_anew_and_the_others_cut_it()
    {
        var (world, control) = ChainWorld.Of(2);
        world[1].SyncsAtOnce = false;
        world.Write(world[1], 1, "x=1");
        world.Stabilize();
        world[2].Status().LastIndex.ShouldBe(new LogIndex(2));
        world.CrashAndLoseUnsynced(world[1]);
        world.Start(world[1]);
        world[1].SyncsAtOnce = true;
        control.TakeAny().ShouldBeTrue();
        control.TellAll();
        control.GrantAll();
        world.Settle();
        world.Write(world[1], 2, "x=2");
        world.Settle();
        world[2].Machine.Applied.ShouldBe(["x=2"]);
    }

    [Fact]
    public void An_acknowledgement_of_what_a_restart_has_lost_counts_for_what_is_left()
    {
        var (world, _) = ChainWorld.Of(2);
        world[1].SyncsAtOnce = false;
        world.Write(world[1], 1, "x=1");
        world.Stabilize(e => e.To != world[1].Id);
        world[2].Status().LastIndex.ShouldBe(new LogIndex(2));
        var late = world[2].Status();
        world.CrashAndLoseUnsynced(world[1]);
        world.Start(world[1]);
        world[1].SyncsAtOnce = true;
        world[1].Status().LastIndex.ShouldBe(new LogIndex(1));
        var epoch = late.Configuration!.Epoch;
        world.Inject(
            2, 1,
            new Acknowledge
            {
                Epoch = epoch,
                Received = late.LastIndex,
                Durable = late.LastIndex,
                Commit = late.CommitIndex,
                Incarnation = world[2].Incarnation,
            });
        world.Inject(
            2, 1,
            new Resume { Epoch = epoch, LastIndex = late.LastIndex, LastEpoch = epoch, Incarnation = world[2].Incarnation });
        world.Settle();
        world[1].Status().Fed.ShouldHaveSingleItem().Durable.ShouldBe(new LogIndex(1));
    }

    [Fact]
    public void The_head_moves_when_everything_is_committed()
    {
        var (world, control) = ChainWorld.Of(3);
        world.Write(world[1], 1, "x=1");
        world.Request(world[1], 2, RequestKind.TransferLeadership, target: new NodeId(3));
        world[1].Chain().Wanted.ShouldBeNull();
        world.Write(world[1], 3, "x=3");
        world[1].Outcomes[3].ShouldBe("Unavailable: the head is handing over to n3");
        world.Settle();
        control.TakeAny().ShouldBeTrue();
        control.Newest.InSync.ShouldBe([new NodeId(3), new NodeId(1), new NodeId(2)]);
        control.TellAll();
        control.GrantAll();
        world.Settle();
        world[1].Outcomes[2].ShouldBe("Done");
        world.Write(world[3], 4, "x=4");
        world.Settle();
        world[2].Machine.Applied.ShouldBe(["x=1", "x=4"]);
    }

    [Fact]
    public void A_sealed_chain_orders_and_reads_nothing()
    {
        var (world, control) = ChainWorld.Of(2);
        control.Adopt(new GroupConfiguration(new Epoch(2), NodeId.None, control.Newest.InSync, []));
        control.TellAll();
        control.GrantAll();
        world.Write(world[1], 1, "x=1");
        world[1].Outcomes[1].ShouldStartWith("NotLeader");
        world[2].Replica.MayReadLocally(world.Now).ShouldBeFalse();
        world[2].Chain().Report.ShouldBe(new ReplicaReport(new Epoch(2), new Epoch(1), new LogIndex(1), new LogIndex(1), false));
    }
}
