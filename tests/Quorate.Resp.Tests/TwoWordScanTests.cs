using System.Text;

namespace Quorate.Resp.Tests;

public sealed class TwoWordScanTests
{
    [Theory]
    [InlineData("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "k", 20)]
    [InlineData("*2\r\n$3\r\nGET\r\n$10\r\n0123456789\r\n*2\r\n", "0123456789", 30)]
    [InlineData("*2\r\n$3\r\nGET\r\n$0\r\n\r\n", "", 19)]
    public void Reads_the_key_of_a_command_of_two_words(string input, string key, int length)
    {
        TwoWordScan.TryRead(Encoding.ASCII.GetBytes(input), out var found, out var consumed).ShouldBeTrue();
        Encoding.ASCII.GetString(found).ShouldBe(key);
        consumed.ShouldBe(length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET k\r\n")]
    [InlineData("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n")]
    [InlineData("*2\r\n$3\r\nGET\r\n$100\r\nk\r\n")]
    [InlineData("*2\r\n$3\r\nGET\r\n$-1\r\n")]
    [InlineData("*2\r\n$\r\nGET\r\n$1\r\nk\r\n")]
    public void Leaves_anything_else_alone(string input) =>
        TwoWordScan.TryRead(Encoding.ASCII.GetBytes(input), out _, out _).ShouldBeFalse();

    [Fact]
    public void A_command_cut_off_anywhere_is_left_alone()
    {
        var whole = "*2\r\n$3\r\nGET\r\n$12\r\nkey:00000001\r\n"u8;
        for (var length = 0; length < whole.Length; length++)
            TwoWordScan.TryRead(whole[..length], out _, out _).ShouldBeFalse($"{length} bytes");
    }
}
