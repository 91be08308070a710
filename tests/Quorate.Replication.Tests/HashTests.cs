using System.Text;
using Quorate.Replication;

namespace Quorate.Replication.Tests;

public sealed class HashTests
{
    [Fact]
    public void Keys_that_differ_in_a_few_digits_spread_over_the_low_bits()
    {
        const int Buckets = 1 << 12;
        var counts = new int[Buckets];
        for (var i = 0; i < 16 * Buckets; i++) counts[Hash.Of(Encoding.ASCII.GetBytes($"key:{i:D12}")) & (Buckets - 1)]++;
        counts.Max().ShouldBeLessThan(48); // a Poisson distribution with mean 16 exceeds 47 once in 10^9 buckets
    }

    [Fact]
    public void Length_matters_even_when_all_bytes_are_zero()
    {
        var seen = new HashSet<ulong>();
        for (var length = 0; length < 100; length++) seen.Add(Hash.Of(new byte[length])).ShouldBeTrue();
    }

    [Theory]
    [InlineData("", 0x96ebbe173ff72a30UL)]
    [InlineData("a", 0x56c48229c8dc6482UL)]
    [InlineData("key:000000012345", 0x56c2df17bb5e1a79UL)]
    [InlineData("a longer key than sixteen bytes", 0x5bb22cba5e3e02abUL)]
    public void The_hash_is_the_same_in_every_version_because_nodes_of_different_versions_must_agree(
        string key, ulong expected) =>
        Hash.Of(Encoding.ASCII.GetBytes(key)).ShouldBe(expected);
}
