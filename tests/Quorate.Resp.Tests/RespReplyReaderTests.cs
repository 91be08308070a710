using System.Text;

namespace Quorate.Resp.Tests;

public sealed class RespReplyReaderTests
{
    [Theory]
    [InlineData("+OK\r\n", "OK")]
    [InlineData("-ERR no\r\n", "-ERR no")]
    [InlineData(":-12\r\n", "-12")]
    [InlineData("$5\r\nhe\r\no\r\n", "he\r\no")]
    [InlineData("$-1\r\n", "(null)")]
    [InlineData("*-1\r\n", "(null)")]
    [InlineData("_\r\n", "(null)")]
    [InlineData("*3\r\n:1\r\n*0\r\n$1\r\na\r\n", "[1, [], a]")]
    [InlineData("%1\r\n+k\r\n#t\r\n", "[k, t]")]
    [InlineData("~2\r\n,1.5\r\n(123\r\n", "[1.5, 123]")]
    [InlineData("=8\r\ntxt:text\r\n", "text")]
    [InlineData("|1\r\n+ttl\r\n:3\r\n+OK\r\n", "OK")]
    public void Reads_every_type(string sent, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(sent);
        RespReplyReader.TryRead(bytes, out var consumed, out var reply).ShouldBe(ParseResult.Command);
        consumed.ShouldBe(bytes.Length);
        reply!.ToString().ShouldBe(text);
        for (var i = 0; i < bytes.Length; i++)
            RespReplyReader.TryRead(bytes.AsSpan(0, i), out _, out _).ShouldBe(ParseResult.Incomplete);
    }

    [Theory]
    [InlineData("?\r\n")]
    [InlineData("$x\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$1\r\nabc")]
    [InlineData("=2\r\nab\r\n")]
    public void Refuses_what_is_not_a_reply(string sent) =>
        RespReplyReader.TryRead(Encoding.ASCII.GetBytes(sent), out _, out _).ShouldBe(ParseResult.Malformed);

    [Fact]
    public void Depth_has_an_end()
    {
        var sent = string.Concat(Enumerable.Repeat("*1\r\n", 1000));
        RespReplyReader.TryRead(Encoding.ASCII.GetBytes(sent), out _, out _).ShouldBe(ParseResult.Malformed);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Reads_what_the_writer_writes(int protocol)
    {
        var writer = new RespWriter { Protocol = protocol };
        writer.Array(8);
        writer.Ok();
        writer.Error("ERR a\r\nb");
        writer.Integer(long.MinValue);
        writer.Bulk("x");
        writer.Null();
        writer.Double(0.5);
        writer.Verbatim("v"u8);
        writer.Map(1);
        writer.BulkInteger(7);
        writer.Boolean(false);
        RespReplyReader.TryRead(writer.Written.Span, out var consumed, out var reply).ShouldBe(ParseResult.Command);
        consumed.ShouldBe(writer.Length);
        var no = protocol == 3 ? "f" : "0";
        reply!.ToString().ShouldBe($"[OK, -ERR a  b, -9223372036854775808, x, (null), 0.5, v, [7, {no}]]");
    }
}
