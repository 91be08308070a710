using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Chain;

public sealed class ReadTests
{
    [Fact]
    public void A_replica_without_unfinished_writes_for_the_key_answers_itself()
    {
        var (world, _) = ChainWorld.Of(3);
        HalfWrite(world, "x=1");
        Read(world, 2, 11, "y");
        world[2].Outcomes[11].ShouldBe("ReadNow");
        world[2].Replica.MayReadLocally(world.Now).ShouldBeFalse();
        world.Settle();
        world[2].Replica.MayReadLocally(world.Now).ShouldBeTrue();
    }

    [Fact]
    public void A_replica_with_an_unfinished_write_for_the_key_asks_the_tail_once_a_turn()
    {
        var (world, _) = ChainWorld.Of(3);
        HalfWrite(world, "x=1");
        Read(world, 2, 11, "x");
        Read(world, 2, 12, "x");
        world.Sent<VersionQuery>(2, 3).Count.ShouldBe(1);
        world[2].Outcomes.ShouldNotContainKey(11);
        world.Settle();
        world[2].Outcomes[11].ShouldBe("ReadNow");
        world[2].Outcomes[12].ShouldBe("ReadNow");
    }

    [Fact]
    public void A_command_about_several_keys_makes_every_key_dirty()
    {
        var (world, _) = ChainWorld.Of(3);
        HalfWrite(world, "flush");
        Read(world, 2, 11, "y");
        world[2].Outcomes.ShouldNotContainKey(11);
        world.Settle();
        world[2].Outcomes[11].ShouldBe("ReadNow");
    }

    [Fact]
    public void With_reads_at_the_tail_everybody_else_asks_it_even_for_clean_keys()
    {
        var (world, _) = ChainWorld.Of(3, options: new ChainOptions { Craq = false });
        Read(world, 2, 11, "y");
        Read(world, 3, 12, "y");
        world[2].Outcomes.ShouldNotContainKey(11);
        world[3].Outcomes[12].ShouldBe("ReadNow");
        world.Settle();
        world[2].Outcomes[11].ShouldBe("ReadNow");
    }

    [Fact]
    public void Past_its_lease_no_replica_answers_itself_and_the_tail_answers_nobody()
    {
        var (world, control) = ChainWorld.Of(3);
        world.Advance(5000);
        foreach (var node in world.Nodes.Values)
        {
            node.Replica.MayReadLocally(world.Now).ShouldBeFalse();
            Read(world, node.Id.Value, node.Id.Value + 10, "y");
        }

        world.Settle();
        foreach (var node in world.Nodes.Values) node.Outcomes.ShouldNotContainKey(node.Id.Value + 10);
        control.Grant(world[3]);
        world.Settle();
        // The tail under its lease vouches for the others, too.
        foreach (var node in world.Nodes.Values) node.Outcomes[node.Id.Value + 10].ShouldBe("ReadNow");
        world[2].Replica.MayReadLocally(world.Now).ShouldBeFalse();
    }

    [Fact]
    public void A_lease_of_another_epoch_is_none()
    {
        var (world, control) = ChainWorld.Of(2);
        control.Decide([1, 2]);
        control.Tell(world[2]);
        world.Do(world[2], r => ((ChainReplica)r).OnLease(new Epoch(1), long.MaxValue, world.Now, world[2].Effects));
        world[2].Replica.MayReadLocally(world.Now).ShouldBeFalse();
    }

    [Fact]
    public void A_new_tail_reads_nothing_dirty_before_it_has_committed_an_entry_of_its_epoch()
    {
        var (world, control) = ChainWorld.Of(3);
        // n3 commits x=1, n2 does not hear of it.
        world.Write(world[1], 1, "x=1");
        world.Stabilize(passes: e => !(e.From.Value == 3 && e.Kind == Acknowledge.WireKind));
        world[3].Machine.Applied.ShouldBe(["x=1"]);
        world[2].Machine.Applied.ShouldBeEmpty();
        world.Crash(world[3]);
        world.Advance(2000);
        control.Decide([1, 2], [3]);
        control.Tell(world[2]);
        control.Grant(world[2]);
        world[2].Replica.MayReadLocally(world.Now).ShouldBeFalse();
        Read(world, 2, 11, "x");
        world[2].Outcomes.ShouldNotContainKey(11);
        control.TellAll();
        control.GrantAll();
        world.Settle();
        world[2].Outcomes[11].ShouldBe("ReadNow");
        world[2].Machine.Applied.ShouldBe(["x=1"]);
    }

    [Fact]
    public void A_lost_question_is_put_again_and_given_up_after_a_time()
    {
        var (world, _) = ChainWorld.Of(3, options: new ChainOptions { Craq = false, ReadPatienceTicks = 30 });
        Read(world, 2, 11, "x");
        world.Stabilize(passes: e => e.Kind != VersionQuery.WireKind);
        world.Settle();
        world[2].Outcomes[11].ShouldBe("ReadNow");
        world.Crash(world[3]);
        Read(world, 2, 12, "x");
        world.Settle(40);
        world[2].Outcomes[12].ShouldStartWith("Unavailable");
    }

    [Fact]
    public void Keys_that_share_a_counter_are_dirty_together_and_no_dirty_key_is_clean()
    {
        var dirty = new DirtyKeys();
        dirty.Add(EntryKind.Command, 0x1_0005);
        dirty.IsDirty(0x1_0005).ShouldBeTrue();
        dirty.IsDirty(0x2_0005).ShouldBeTrue();
        dirty.IsDirty(0x1_0006).ShouldBeFalse();
        dirty.IsDirty(0).ShouldBeTrue();
        dirty.Remove(EntryKind.Command, 0x1_0005);
        dirty.IsDirty(0).ShouldBeFalse();
        dirty.Add(EntryKind.NoOp, 0);
        dirty.IsDirty(0).ShouldBeFalse();
    }

    /// <summary>n2 has the write, the tail has not.</summary>
    private static void HalfWrite(World world, string text)
    {
        world.Write(world[1], 1, text);
        world.Deliver(world.Network.First(e => e.Kind == Forward.WireKind));
    }

    private static void Read(World world, int node, long id, string key) =>
        world.Request(world[node], id, RequestKind.Read, keyHash: World.KeyHash(key + "="));
}
