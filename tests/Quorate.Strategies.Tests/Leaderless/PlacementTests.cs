using System.Numerics;
using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Strategies.Leaderless;

namespace Quorate.Strategies.Tests.Leaderless;

/// <summary>[Dynamo §4.2, §4.3] Who holds what, and what a quorum is: against brute force.</summary>
public sealed class PlacementTests
{
    private static NodeId[] Nodes(params int[] ids) => [.. ids.Select(i => new NodeId(i))];

    [Fact]
    public void A_preference_list_has_every_member_once_and_depends_on_nothing_but_the_members()
    {
        for (var p = 0; p < 256; p++)
        {
            var list = PreferenceList.Of(p, Nodes(1, 2, 3, 4, 5, 6, 7));
            list.Order().ShouldBe(Nodes(1, 2, 3, 4, 5, 6, 7));
            PreferenceList.Of(p, Nodes(7, 3, 5, 1, 2, 6, 4)).ShouldBe(list);
        }
    }

    [Fact]
    public void A_member_less_moves_nothing_but_what_it_held()
    {
        for (var p = 0; p < 256; p++)
        {
            var list = PreferenceList.Of(p, Nodes(1, 2, 3, 4, 5, 6));
            PreferenceList.Of(p, Nodes(1, 2, 3, 5, 6)).ShouldBe(list.Where(n => n.Value != 4));
        }
    }

    [Fact]
    public void Partitions_are_spread_evenly()
    {
        var held = new int[7];
        for (var p = 0; p < 256; p++)
            foreach (var node in PreferenceList.Of(p, Nodes(1, 2, 3, 4, 5, 6)).Take(3)) held[node.Value]++;
        foreach (var count in held[1..]) count.ShouldBeInRange(128 * 3 / 4, 128 * 5 / 4);
    }

    [Fact]
    public void A_quorum_is_so_many_in_every_set_of_holders()
    {
        var dice = new Prng(7);
        for (var run = 0; run < 2000; run++)
        {
            var sets = Enumerable.Range(0, 1 + dice.Below(3))
                .Select(_ => Enumerable
                    .Range(1, 7).Where(_ => dice.Chance(500)).DefaultIfEmpty(1).Select(i => new NodeId(i)).ToArray()).ToList();
            var holders = new Holders(sets, Nodes(1, 2, 3, 4, 5, 6, 7));
            var nodes = Enumerable.Range(1, 7).Where(_ => dice.Chance(500)).Select(i => new NodeId(i)).ToArray();
            var mask = nodes.Aggregate(0UL, (m, n) => m | holders.BitOf(n));
            for (var quorum = 1; quorum <= 7; quorum++)
                holders.HasQuorum(mask, quorum).ShouldBe(sets.TrueForAll(s => s.Count(nodes.Contains) >= quorum));
            BitOperations.PopCount(mask).ShouldBe(nodes.Count(holders.Contains));
        }
    }

    [Fact]
    public void With_R_plus_W_above_N_every_read_quorum_meets_every_write_quorum_and_otherwise_not()
    {
        for (var n = 1; n <= 6; n++)
        {
            var set = Enumerable.Range(1, n).Select(i => new NodeId(i)).ToArray();
            var holders = new Holders([set], set);
            for (var r = 1; r <= n; r++)
            {
                for (var w = 1; w <= n; w++)
                {
                    var all = true;
                    for (var a = 0UL; a < 1UL << n; a++)
                        for (var b = 0UL; b < 1UL << n; b++)
                            if (holders.HasQuorum(a, r) && holders.HasQuorum(b, w) && (a & b) == 0) all = false;
                    all.ShouldBe(r + w > n);
                }
            }
        }
    }

    /// <summary>What a member that joins must ask for: N − min(R, W) + 1 of the older holders, who then refuse what comes from
    /// who knows only those. They meet every write quorum, and leave no read quorum and no write quorum of the others.</summary>
    [Fact]
    public void Whoever_has_asked_enough_older_holders_has_met_every_write_and_leaves_them_no_quorum()
    {
        for (var n = 1; n <= 6; n++)
        {
            for (var r = 1; r <= n; r++)
            {
                for (var w = 1; w <= n; w++)
                {
                    var asked = n - Math.Min(r, w) + 1;
                    for (var set = 0UL; set < 1UL << n; set++)
                    {
                        if (BitOperations.PopCount(set) != asked) continue;
                        (n - asked).ShouldBeLessThan(Math.Min(r, w), "the others are no quorum");
                        for (var written = 0UL; written < 1UL << n; written++)
                            if (BitOperations.PopCount(written) >= w) (written & set).ShouldNotBe(0UL);
                    }
                }
            }
        }
    }

    [Fact]
    public void While_members_change_every_generation_counts_and_a_set_that_comes_twice_counts_once()
    {
        var placement = new Placement(3, 64);
        placement.TryAccept(Configuration(1, 1, 2, 3)).ShouldBeTrue();
        placement.TryAccept(Configuration(2, 1, 2, 3)).ShouldBeTrue();
        placement.Generations.Count.ShouldBe(1);
        placement.TryAccept(Configuration(3, 1, 2, 3, 4)).ShouldBeTrue();
        placement.TryAccept(Configuration(3, 1, 2)).ShouldBeFalse("it is not newer");
        var moving = Enumerable.Range(0, 64).Count(p => placement.HoldersOf(p)!.IsMoving);
        moving.ShouldBeInRange(30, 62);
        for (var p = 0; p < 64; p++) placement.Settle(p);
        placement.TryForgetOlder().ShouldBeTrue();
        placement.Generations.Count.ShouldBe(1);
        for (var p = 0; p < 64; p++)
            placement.HoldersOf(p)!.Newest.ShouldBe(PreferenceList.Of(p, Nodes(1, 2, 3, 4)).Take(3).Order());
    }

    [Fact]
    public void A_partition_that_has_moved_does_not_count_its_first_holders_again_when_members_change_again()
    {
        var placement = new Placement(2, 8);
        placement.TryAccept(Configuration(1, 1, 2));
        placement.TryAccept(Configuration(2, 3, 4));
        placement.Settle(5);
        placement.TryAccept(Configuration(3, 5, 6));
        placement.HoldersOf(5)!.All.ShouldBe(Nodes(3, 4, 5, 6));
        placement.HoldersOf(4)!.All.ShouldBe(Nodes(1, 2, 3, 4, 5, 6));
    }

    [Fact]
    public void Slots_are_Redis_slots_and_partitions_are_ranges_of_them()
    {
        KeySlot.Of("123456789"u8).ShouldBe(12739);
        KeySlot.Of("{user1000}.following"u8).ShouldBe(KeySlot.Of("{user1000}.followers"u8));
        CommandKeys.PartitionOf("123456789"u8, 64).ShouldBe(12739 / 256);
    }

    private static GroupConfiguration Configuration(long epoch, params int[] members) =>
        new(new Epoch(epoch), NodeId.None, Nodes(members), []);
}
