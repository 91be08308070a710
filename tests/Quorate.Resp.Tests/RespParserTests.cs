using System.Text;

namespace Quorate.Resp.Tests;

public sealed class RespParserTests
{
    [Theory]
    [InlineData("*1\r\n$4\r\nPING\r\n", "PING\n")]
    [InlineData("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\nvv\r\n", "SET|k|vv\n")]
    [InlineData("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$12\r\n0123456789ab\r\n", "SET||0123456789ab\n")]
    [InlineData("*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n*1\r\n$4\r\nPING\r\n", "GET|a\r\nb\nPING\n")]
    [InlineData("*0\r\n*-1\r\n*-7\r\n\r\n\n  \r\n*1\r\n$4\r\nPING\r\n", "PING\n")]
    [InlineData("PING\r\nSET a b\nGET  a \r\n", "PING\nSET|a|b\nGET|a\n")]
    [InlineData("SET \"a b\" 'c d'\r\n", "SET|a b|c d\n")]
    [InlineData("ECHO \"\\x41\\n\\r\\t\\b\\a\\\\\\\"\\q\\xzz\"\r\n", "ECHO|A\n\r\t\b\a\\\"qxzz\n")]
    [InlineData("ECHO 'it\\'s' '\\n'\r\n", "ECHO|it's|\\n\n")]
    [InlineData("SET '' \"\"\r\n", "SET||\n")]
    [InlineData("ECHO fo\"o b\"\r\n", "ECHO|foo b\n")]
    public void Finds_commands(string sent, string found) => ParserRun.All(sent).ShouldBe(found);

    [Theory]
    [InlineData("*1048577\r\n", "invalid multibulk length")]
    [InlineData("*99999999999999999999\r\n", "invalid multibulk length")]
    [InlineData("*x\r\n", "invalid multibulk length")]
    [InlineData("*\r\n", "invalid multibulk length")]
    [InlineData("*01\r\n", "invalid multibulk length")]
    [InlineData("*+1\r\n", "invalid multibulk length")]
    [InlineData("*1\n", "invalid multibulk length")]
    [InlineData("*1\r\n$-1\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$536870913\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$1x\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$00\r\n", "invalid bulk length")]
    [InlineData("*1\r\nxPING\r\n", "expected '$', got 'x'")]
    [InlineData("*1\r\n\r\n", "expected '$', got '\\x0d'")]
    [InlineData("*1\r\n$4\r\nPINGxx", "expected CRLF after a bulk string")]
    [InlineData("*3\r\n$3\r\nSETxx", "expected CRLF after a bulk string")]
    [InlineData("SET \"a b\r\n", "unbalanced quotes in request")]
    [InlineData("SET 'a b\r\n", "unbalanced quotes in request")]
    [InlineData("SET \"a\"b\r\n", "unbalanced quotes in request")]
    [InlineData("SET 'a'b\r\n", "unbalanced quotes in request")]
    [InlineData("SET \"a\\\r\n", "unbalanced quotes in request")]
    public void Refuses_what_is_not_resp(string sent, string error) => ParserRun.All(sent).ShouldBe($"! {error}\n");

    [Fact]
    public void A_line_may_have_64_KiB_and_not_a_byte_more()
    {
        var longest = new string('a', RespParser.MaxLineBytes);
        ParserRun.All(longest + "\n").ShouldBe(longest + "\n");
        ParserRun.All(longest).ShouldBe("");
        ParserRun.All(longest + "a").ShouldBe("! too big inline request\n");
        ParserRun.All(longest + "a\n").ShouldBe("! too big inline request\n");
        ParserRun.All("*" + new string('1', RespParser.MaxLineBytes + 1)).ShouldBe("! too big mbulk count string\n");
        ParserRun.All("*1\r\n$" + new string('1', RespParser.MaxLineBytes + 1)).ShouldBe("! too big bulk count string\n");
    }

    [Fact]
    public void The_most_words_a_command_may_have()
    {
        var sent = new StringBuilder("*1048576\r\n");
        for (var i = 0; i < RespParser.MaxWords; i++) sent.Append("$1\r\na\r\n");
        var parser = new RespParser();
        var bytes = Encoding.ASCII.GetBytes(sent.ToString());
        parser.TryParse(bytes, out var consumed, out var args, out _).ShouldBe(ParseResult.Command);
        consumed.ShouldBe(bytes.Length);
        args.Count.ShouldBe(RespParser.MaxWords);
        args[RespParser.MaxWords - 1].SequenceEqual("a"u8).ShouldBeTrue();
    }

    [Fact]
    public void A_claimed_number_costs_nothing_until_the_bytes_come()
    {
        var parser = new RespParser();
        var claims = "*1000000\r\n$536870912\r\n"u8.ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();
        parser.TryParse(claims, out _, out _, out _).ShouldBe(ParseResult.Incomplete);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000);

        // What is beyond the limit is refused from the claim alone.
        parser = new RespParser();
        before = GC.GetAllocatedBytesForCurrentThread();
        parser.TryParse("*10000000\r\n"u8, out _, out _, out _).ShouldBe(ParseResult.Malformed);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000);
    }

    [Fact]
    public void The_same_commands_at_every_split_point()
    {
        var sent = Encoding.Latin1.GetBytes(
            "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\nvv\r\n*0\r\nPING\r\n\r\nSET \"a\\x41 b\" "
                + "'c'\r\n*2\r\n$10\r\n0123456789\r\n$100\r\n"
            + new string('z', 100) + "\r\n*1\r\n$4\r\nPING\r\n*1\r\n$04\r\n");
        var whole = ParserRun.All(sent);
        whole.ShouldEndWith("! invalid bulk length\n");
        for (var i = 0; i <= sent.Length; i++)
            for (var j = i; j <= sent.Length; j++)
                ParserRun.InPieces(sent, [i, j, sent.Length]).ShouldBe(whole);
        ParserRun.InPieces(sent, [.. Enumerable.Range(0, sent.Length + 1)]).ShouldBe(whole);
    }

    [Fact]
    public void Any_bytes_give_the_same_result_whole_and_in_pieces()
    {
        var dice = new Random(20240607);
        for (var run = 0; run < 20_000; run++)
        {
            var sent = SomeBytes(dice);
            var ends = new List<int>();
            for (var end = 0; end < sent.Length; end += dice.Next(1, 12)) ends.Add(end);
            ends.Add(sent.Length);
            ParserRun.InPieces(sent, ends).ShouldBe(ParserRun.All(sent), $"run {run}");
        }
    }

    [Fact]
    public void A_long_command_in_small_pieces_is_not_read_again_and_again()
    {
        // 200 000 words in pieces of 64 bytes: quadratic work would look at 10^10 words.
        var sent = new StringBuilder("*200000\r\n");
        for (var i = 0; i < 200_000; i++) sent.Append("$1\r\na\r\n");
        var bytes = Encoding.ASCII.GetBytes(sent.ToString());
        var parser = new RespParser();
        var result = ParseResult.Incomplete;
        for (var end = 0; end < bytes.Length && result == ParseResult.Incomplete; end += 64)
            result = parser.TryParse(bytes.AsSpan(0, end), out _, out _, out _);
        result.ShouldBe(ParseResult.Incomplete);
        parser.TryParse(bytes, out _, out var args, out _).ShouldBe(ParseResult.Command);
        args.Count.ShouldBe(200_000);
    }

    /// <summary>A valid conversation with some of its bytes changed, or bytes that mean nothing.</summary>
    private static byte[] SomeBytes(Random dice)
    {
        const string alphabet = "*$\r\n0123-+ abc\"'\\x\0";
        var text = new StringBuilder();
        for (var i = dice.Next(1, 6); i > 0; i--)
        {
            switch (dice.Next(4))
            {
                case 0:
                    for (var n = dice.Next(20); n > 0; n--) text.Append(alphabet[dice.Next(alphabet.Length)]);
                    break;
                case 1:
                    text.Append("SET a \"b c\"\r\n");
                    break;
                default:
                    var words = dice.Next(1, 5);
                    text.Append($"*{words}\r\n");
                    for (var n = 0; n < words; n++)
                    {
                        var length = dice.Next(30);
                        text.Append($"${length}\r\n").Append('w', length).Append("\r\n");
                    }

                    break;
            }
        }

        var bytes = Encoding.Latin1.GetBytes(text.ToString());
        if (dice.Next(2) == 0 && bytes.Length > 0) bytes[dice.Next(bytes.Length)] = (byte)alphabet[dice.Next(alphabet.Length)];
        return bytes;
    }
}
