namespace Quorate.Tests;

/// <summary>A reply fits what a document shows, and a different one does not.</summary>
public sealed class TourStepTests
{
    [Theory]
    [InlineData("OK", "OK\n", true)]
    [InlineData("OK", "OK\nOK\n", false)]
    [InlineData("(integer) 1", "(integer) 11", false)]
    [InlineData("version=...", "version=1.0.0 more\n", true)]
    [InlineData("version=...", "a version=1.0.0\n", false)]
    [InlineData("first\n...\nlast", "first\nlast\n", true)]
    [InlineData("first\n...\nlast", "first\n2\n3\nlast\n", true)]
    [InlineData("first\n...\nlast", "first\n2\n3\n", false)]
    [InlineData("first\n...", "first\n", true)]
    [InlineData("", "", true)]
    [InlineData("", "OK\n", false)]
    [InlineData("1) \"a.c\"", "1) \"abc\"", false)]
    public void A_reply_fits_or_does_not(string shown, string reply, bool fits) =>
        new TourStep("", shown).Fits(reply).ShouldBe(fits);

    [Fact]
    public void A_line_that_no_test_can_type_is_refused() =>
        Should.Throw<InvalidOperationException>(
                () => new TourTerminal(new Dictionary<int, int>(), "").RunAsync("curl http://127.0.0.1:8001/"))
            .Message.ShouldContain("no test can type");
}
