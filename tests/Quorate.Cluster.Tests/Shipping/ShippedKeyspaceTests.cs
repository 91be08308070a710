using Quorate.Replication;
using Quorate.Strategies.Primary;

namespace Quorate.Cluster.Tests.Shipping;

/// <summary>Real keyspaces in primary-backup groups that ship state.</summary>
public sealed class ShippedKeyspaceTests
{
    private const ushort SnapshotKind = PrimaryCodec.Block + 4;
    private const ushort ChangesKind = PrimaryCodec.Block + 6;

    private static readonly PrimaryOptions Options = new()
    {
        Ship = Ship.State,
        Ack = Ack.SemiSync,
        CoalesceBytes = 2000,
        MaxLagBytes = 20_000,
        MaxChangesBytes = 100_000,
        SnapshotThresholdBytes = 40_000,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Backups_that_were_away_or_hear_half_of_it_come_to_the_primarys_state(ulong seed)
    {
        var dice = new Prng(seed);
        var world = new ShippingWorld(seed, Options);
        world.Lead(1, 1, 2);
        for (var round = 0; round < 60; round++)
        {
            world.CutOff.Clear();
            if (dice.Chance(500)) world.CutOff.Add(3);
            world.Loss = dice.Chance(300) ? 200 : 0;
            for (var i = dice.Below(60); i > 0; i--) Write(world, 1, dice);
            world.Tick(1 + dice.Below(12));
        }

        Calm(world);
        ShouldAgree(world);
        world.Done.ShouldBeGreaterThan(500);
        world.Delivered[ChangesKind].ShouldBeGreaterThan(3);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void What_an_old_primary_executed_and_could_not_commit_is_gone_after_the_fail_over(ulong seed)
    {
        var dice = new Prng(seed);
        var world = new ShippingWorld(seed, Options);
        world.Lead(1, 1, 2);
        var leader = 1;
        for (var round = 0; round < 12; round++)
        {
            for (var i = 0; i < 50; i++) Write(world, leader, dice);
            world.Tick(10);
            ShouldAgree(world);
            var digest = world[leader].Digest();
            var next = (leader % 2) + 1;
            // Alone it executes a batch that nobody hears of.
            world.CutOff.Add(leader);
            Write(world, leader, dice);
            world.Write(leader, 0, "SWAPDB 0 1");
            world.Write(leader, 0, "SET lost 1");
            world.Settle();
            world[leader].Digest().ShouldNotBe(digest);
            world[next].Digest().ShouldBe(digest);
            world.Lead(0, 1, 2);
            world.Lead(next, 1, 2);
            world.CutOff.Clear();
            leader = next;
            Calm(world);
            ShouldAgree(world);
        }

        world.Unknown.ShouldBeGreaterThanOrEqualTo(12 * 3);
        world.Delivered[SnapshotKind].ShouldBeGreaterThan(0);
    }

    private static void Calm(ShippingWorld world)
    {
        world.CutOff.Clear();
        world.Loss = 0;
        world.Tick(200);
    }

    private static void ShouldAgree(ShippingWorld world)
    {
        for (var id = 2; id <= 3; id++) world[id].Digest().ShouldBe(world[1].Digest(), world.Primary(id).Status.ToString());
    }

    private static void Write(ShippingWorld world, int leader, Prng dice)
    {
        var key = $"k{dice.Below(80)}";
        var session = dice.Chance(300) ? 1 + dice.Below(4) : 0;
        world.Write(leader, session, dice.Below(100) switch
        {
            < 40 => $"INCRBY n{key} {dice.Below(9)}",
            < 60 => $"SET {key} {new string('v', dice.Below(200))}",
            < 70 => $"SET {key} v PX {dice.Between(1, 500)}",
            < 80 => $"DEL {key} n{key}",
            < 90 => $"APPEND {key} xyz",
            < 95 => $"COPY {key} k1 DB 1 REPLACE",
            < 97 => "SWAPDB 0 1",
            < 98 => "FLUSHDB",
            _ => $"INCRBY {key} x",
        });
    }
}
