using System.Text;
using Quorate.Replication;

namespace Quorate.Replication.Tests;

public sealed class ChecksumTests
{
    [Theory]
    [InlineData("", 0x00000000u)]
    [InlineData("a", 0xC1D04330u)]
    [InlineData("123456789", 0xE3069283u)]
    public void Crc32c_gives_the_published_check_values(string text, uint expected) =>
        Crc32C.Of(Encoding.ASCII.GetBytes(text)).ShouldBe(expected);

    [Fact]
    public void Every_single_flipped_bit_changes_the_checksum()
    {
        var bytes = Enumerable.Range(0, 100).Select(i => (byte)i).ToArray();
        var whole = Crc32C.Of(bytes);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Crc32C.Of(bytes).ShouldNotBe(whole);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Bytes_fed_in_parts_give_the_checksum_of_the_whole()
    {
        var bytes = Enumerable.Range(0, 57).Select(i => (byte)(i * 7)).ToArray();
        for (var cut = 0; cut <= bytes.Length; cut++)
            (~Crc32C.Update(Crc32C.Update(uint.MaxValue, bytes.AsSpan(0, cut)), bytes.AsSpan(cut))).ShouldBe(Crc32C.Of(bytes));
    }
}
