using Quorate.Replication;

namespace Quorate.Replication.Tests;

public sealed class PrngTests
{
    [Fact]
    public void The_same_seed_gives_the_same_sequence_for_ever()
    {
        var prng = new Prng(42);
        ulong[] first = [prng.NextUInt64(), prng.NextUInt64(), prng.NextUInt64()];
        var again = new Prng(42);
        foreach (var value in first) again.NextUInt64().ShouldBe(value);
        new Prng(43).NextUInt64().ShouldNotBe(first[0]);
    }

    [Fact]
    public void Splitmix_and_xoshiro_match_a_straightforward_reading_of_their_definitions()
    {
        ulong seed = 7;
        ulong Mix()
        {
            seed = unchecked(seed + 0x9E3779B97F4A7C15UL);
            var z = seed;
            z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL);
            z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EBUL);
            return z ^ (z >> 31);
        }

        ulong[] s = [Mix(), Mix(), Mix(), Mix()];
        var prng = new Prng(7);
        for (var i = 0; i < 100; i++)
        {
            var expected = unchecked(ulong.RotateLeft(s[1] * 5, 7) * 9);
            var t = s[1] << 17;
            s[2] ^= s[0];
            s[3] ^= s[1];
            s[1] ^= s[2];
            s[0] ^= s[3];
            s[2] ^= t;
            s[3] = ulong.RotateLeft(s[3], 45);
            prng.NextUInt64().ShouldBe(expected);
        }
    }

    [Fact]
    public void Below_stays_in_range_and_reaches_every_side()
    {
        var prng = new Prng(1);
        var seen = new int[7];
        for (var i = 0; i < 7000; i++) seen[prng.Below(7)]++;
        seen.ShouldAllBe(n => n > 800);
    }

    [Fact]
    public void A_fork_does_not_shift_what_its_parent_draws_later()
    {
        var one = new Prng(5);
        var two = new Prng(5);
        var fork = one.Fork();
        two.Fork();
        for (var i = 0; i < 10; i++) fork.NextUInt64();
        one.NextUInt64().ShouldBe(two.NextUInt64());
    }
}
