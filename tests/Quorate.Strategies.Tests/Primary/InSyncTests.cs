using Quorate.Replication;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Primary;

public sealed class InSyncTests
{
    [Fact]
    public void A_backup_that_does_not_answer_is_wanted_out_and_a_learner_that_caught_up_in()
    {
        var world = PrimaryWorld.Led(3, new PrimaryOptions { Ack = Ack.Sync });
        world.Crash(world[3]);
        world.Write(world[1], 1, "a");
        world.Settle(ticks: 60); // sooner than one that is slow
        world[1].Outcomes.ShouldBeEmpty();
        world.Configure(Wanted(world, PrimaryWorld.Group(2, 1, [1, 2], 3)));
        world.Lease(world[1], 100_000);
        world.Settle(ticks: 6);
        world[1].Outcomes[1].ShouldBe("Applied");
        world.Start(world[3]);
        world.Settle(ticks: 10);
        Wanted(world, PrimaryWorld.Group(3, 1, [1, 2, 3]));
    }

    /// <summary>Alone in sync, a primary of three can commit nothing: if the set grew only after a commit it never
    /// would.</summary>
    [Fact]
    public void A_set_that_is_too_small_to_commit_anything_grows_first()
    {
        var (world, _) = PrimaryWorld.Of(3, new PrimaryOptions { Ack = Ack.Majority, Replicas = 3 });
        world.StartAll();
        world.Configure(PrimaryWorld.Group(1, 1, [1], 2, 3));
        world.Lease(world[1], 1_000_000);
        world.Settle(ticks: 20);
        Wanted(world, PrimaryWorld.Group(2, 1, [1, 2], 3));
    }

    [Fact]
    public void The_set_never_shrinks_below_its_minimum()
    {
        var world = PrimaryWorld.Led(3, new PrimaryOptions { Ack = Ack.Sync, MinInSync = 3 });
        world.Crash(world[3]);
        world.Settle(ticks: 110);
        world[1].Primary().Wanted.ShouldBeNull();
    }

    [Fact]
    public void Under_semisync_those_that_are_left_have_all_that_is_committed()
    {
        var world = PrimaryWorld.Led(3);
        world.Write(world[1], 1, "a");
        // Only n2 has it when n2 falls silent: without it, the write would be on the primary alone.
        world.Stabilize(e => e.To.Value != 3);
        world.Crash(world[2]);
        world.TickAll(101);
        world.Network.Clear();
        world[1].Outcomes[1].ShouldBe("Applied");
        world[1].Primary().Wanted.ShouldBeNull();
        world.Settle(ticks: 6);
        Wanted(world, PrimaryWorld.Group(2, 1, [1, 3], 2));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void While_a_learner_may_be_taken_in_at_any_moment_writes_wait_for_it_too(bool isBroken)
    {
        var world = PrimaryWorld.Led(
            3, new PrimaryOptions { Ack = Ack.Sync }, isBroken ? new ForgetsWantedSets() : null, learners: 1);
        world.Settle(ticks: 6);
        Wanted(world, PrimaryWorld.Group(2, 1, [1, 2, 3]));
        world.Write(world[1], 1, "a");
        world.Stabilize(e => e.To.Value != 3);
        // Acknowledged now, the write would be lost if n3, in sync by then, were named.
        world[1].Outcomes.ContainsKey(1).ShouldBe(isBroken);
        world.Settle(ticks: 6);
        world[1].Outcomes[1].ShouldBe("Applied");
    }

    [Fact]
    public void A_backup_that_answers_but_does_not_keep_up_is_wanted_out_too()
    {
        var world = PrimaryWorld.Led(3);
        world[3].SyncsAtOnce = false;
        for (var i = 0; i < 120; i++)
        {
            world.Write(world[1], i, $"w{i}");
            world.Settle(ticks: 1);
        }

        world[1].Outcomes[100].ShouldBe("Applied");
        Wanted(world, PrimaryWorld.Group(2, 1, [1, 2], 3));
    }

    [Fact]
    public void A_candidate_is_safe_when_no_acknowledged_write_can_be_missing_on_it()
    {
        var group = PrimaryWorld.Group(5, 0, [1, 2, 3, 4]);
        var semi = new PrimaryOptions { AckBackups = 1 };
        FailOver.Choose(semi, group, [Report(2, 10), Report(3, 12)])
            .ShouldBe(NodeId.None, "two are silent and may both have more");
        FailOver.Choose(semi, group, [Report(2, 10), Report(3, 12), Report(4, 9)]).ShouldBe(new NodeId(3));
        FailOver.Choose(semi, group, [Report(1, 13, needsState: true), Report(2, 10), Report(3, 12), Report(4, 9)])
            .ShouldBe(new NodeId(3), "what only one has was not acknowledged");
        FailOver.Choose(semi, group, [Report(1, 0, needsState: true), Report(2, 10), Report(3, 12)])
            .ShouldBe(NodeId.None, "one that forgot has told nothing");
        FailOver.Choose(new PrimaryOptions { Ack = Ack.Majority }, group, [Report(1, 1), Report(2, 1)]).ShouldBe(new NodeId(1));
        FailOver.Choose(new PrimaryOptions { Ack = Ack.Sync }, group, [Report(4, 1)]).ShouldBe(new NodeId(4));
        FailOver.Choose(new PrimaryOptions { Ack = Ack.Sync }, group, [Report(9, 50)]).ShouldBe(NodeId.None, "not in sync");
        FailOver.Choose(new PrimaryOptions { Ack = Ack.Async }, group, [Report(4, 1), Report(9, 50)]).ShouldBe(new NodeId(9));
    }

    private static KeyValuePair<NodeId, ReplicaReport> Report(int node, long last, bool needsState = false) =>
        new(
            new NodeId(node),
            new ReplicaReport(new Epoch(5), new Epoch(last > 0 ? 1 : 0), new LogIndex(last), default, needsState));

    private static GroupConfiguration Wanted(World world, GroupConfiguration expected)
    {
        world[1].Primary().Wanted.ShouldBe(expected);
        return expected;
    }

    private sealed class ForgetsWantedSets : PrimaryRules
    {
        public override bool CommitsByWantedSetsToo => false;
    }
}
