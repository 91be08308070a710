using Quorate.Replication;
using Quorate.Strategies.CasPaxos;

namespace Quorate.Strategies.Tests.CasPaxos;

/// <summary>What an acceptor has said it has written, and one that forgot takes no part until it has been told.</summary>
public sealed class DurabilityTests
{
    [Fact]
    public void An_acceptor_says_nothing_before_it_is_durable()
    {
        var group = new CasPaxosGroup(3);
        foreach (var node in group.World.Nodes.Values) node.SyncsAtOnce = false;
        var id = group.Ask(1, "SET x a");
        group.World.Stabilize();
        group.World.Network.ShouldBeEmpty();
        group.World.Sync(group[2]);
        group.World.Stabilize();
        group.Answer(1, id).ShouldBe("");
        for (var i = 0; i < 4; i++)
        {
            foreach (var node in group.World.Nodes.Values) group.World.Sync(node);
            group.World.Stabilize();
        }

        group.Answer(1, id).ShouldBe("OK");
    }

    [Fact]
    public void All_may_lose_power_at_once()
    {
        var group = new CasPaxosGroup(3);
        for (var i = 0; i < 20; i++) group.Do(1 + (i % 3), $"SET x{i} {i}").ShouldBe("OK");
        foreach (var node in group.World.Nodes.Values) group.World.CrashAndLoseUnsynced(node);
        foreach (var node in group.World.Nodes.Values) group.World.Start(node);
        for (var i = 0; i < 20; i++) group.Do(1 + (i % 3), $"GET x{i}").ShouldBe($"{i}");
    }

    [Fact]
    public void Snapshots_take_the_place_of_the_journal()
    {
        var group = new CasPaxosGroup(
            3, new CasPaxosOptions { SnapshotThresholdBytes = 500, SnapshotPieceBytes = 50, CollectTicks = 20 });
        for (var i = 0; i < 200; i++) group.Do(1, $"SET x{i % 20} {i}").ShouldBe("OK");
        for (var i = 0; i < 10; i++) group.Do(2, $"DEL x{i}").ShouldBe("1");
        group.Ticks(100);
        for (var i = 0; i < 50; i++) group.Do(1, $"SET x19 {i}");
        group[2].Disk.Sealed.ShouldNotBeNull();
        group[2].Disk.Records.Sum(r => r.Record.Length).ShouldBeLessThan(6000);
        foreach (var node in group.World.Nodes.Values) group.World.CrashAndLoseUnsynced(node);
        foreach (var node in group.World.Nodes.Values) group.World.Start(node);
        group.Do(3, "MGET x0 x9 x10 x18 x19").ShouldBe("nil nil 190 198 49");
    }

    [Fact]
    public void A_replica_that_kept_its_promises_in_memory_only_is_seeded_before_it_votes()
    {
        var group = new CasPaxosGroup(3, new CasPaxosOptions { Durable = false });
        group.World.Crash(group[3]);
        for (var i = 0; i < 30; i++) group.Do(1, $"SET x{i} {i}").ShouldBe("OK");
        group.World.Start(group[3]);
        group.Status(3).IsVoting.ShouldBeFalse();
        CasPaxosGroup.Of(group[3]).Report.NeedsState.ShouldBeTrue();
        group.TakeWish().ShouldBeTrue();
        group.Newest.Learners.ShouldBe([new NodeId(3)]);
        group.Ticks(30);
        CasPaxosGroup.Of(group[3]).Report.NeedsState.ShouldBeFalse();
        group.TakeWish().ShouldBeTrue();
        group.Newest.InSync.Count.ShouldBe(3);
        group.Ticks(2);
        group.Status(3).IsVoting.ShouldBeTrue();
        group.World.Crash(group[1]);
        for (var i = 0; i < 30; i++) group.Do(2, $"GET x{i}").ShouldBe($"{i}");
    }

    [Fact]
    public void Promises_of_before_a_seeding_count_for_nothing_after_it()
    {
        var group = new CasPaxosGroup(3, new CasPaxosOptions { Durable = false });
        group.Do(2, "SET x 0");
        // n1 has the promises of itself and of n3, and its accepts are slow.
        group.Ask(1, "SET x slow");
        group.World.Stabilize(e => e.Text.Contains("prepare", StringComparison.Ordinal)
            || e.Text.Contains("promised", StringComparison.Ordinal)
            || e.Text.Contains("conflict", StringComparison.Ordinal));
        group.World.Crash(group[3]);
        group.World.Start(group[3]);
        for (var i = 0; i < 2; i++)
        {
            group.TakeWish().ShouldBeTrue();
            group.Ticks(30);
        }

        group.Do(3, "APPEND x +").ShouldNotBe("");
        var value = group.Do(3, "GET x");
        group.Ticks(100);
        group.Do(2, "GET x").ShouldBe(value);
    }

    [Fact]
    public void A_configuration_of_other_members_is_refused()
    {
        var group = new CasPaxosGroup(4);
        group.Do(1, "SET x a");
        NodeId[] fewer = [new(1), new(2), new(3)];
        group.Configure(new GroupConfiguration(new Epoch(2), NodeId.None, fewer, []));
        group.Status(1).RefusedConfigurations.ShouldBe(1);
        group.Status(1).Configuration!.Epoch.ShouldBe(new Epoch(1));
        group.Do(4, "GET x").ShouldBe("a");
    }

    [Fact]
    public void A_seal_stops_service_until_the_members_are_named_again()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x a");
        var id = group.Ask(1, "SET x b");
        group.Configure(new GroupConfiguration(new Epoch(2), NodeId.None, [], []));
        group.World.Stabilize();
        CasPaxosGroup.Of(group[1]).Report.Epoch.ShouldBe(new Epoch(2));
        group.Answer(1, id).ShouldBe("");
        group.Configure(new GroupConfiguration(new Epoch(3), NodeId.None, [.. group.World.Nodes.Keys.Order()], []));
        group.Ticks(20);
        group.Answer(1, id).ShouldBe("OK");
        group.Do(2, "GET x").ShouldBe("b");
    }
}
