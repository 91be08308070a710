namespace Quorate.Server.Tests;

public sealed class AddressesTests
{
    [Theory]
    [InlineData("127.0.0.1:7001", "127.0.0.1", 7001)]
    [InlineData("localhost:0", "localhost", 0)]
    [InlineData("*:65535", "*", 65535)]
    [InlineData("node-1.example.org:1", "node-1.example.org", 1)]
    [InlineData("[::1]:7001", "::1", 7001)]
    public void Takes_host_and_port(string text, string host, int port)
    {
        Addresses.TryParse(text, out var h, out var p, out var why).ShouldBeTrue(why);
        (h, p).ShouldBe((host, port));
    }

    [Theory]
    [InlineData("7001", "is not host:port")]
    [InlineData(":7001", "is not host:port")]
    [InlineData("", "is not host:port")]
    [InlineData("a:", "must end with a port")]
    [InlineData("a:65536", "must end with a port")]
    [InlineData("a:-1", "must end with a port")]
    [InlineData("a:+1", "must end with a port")]
    [InlineData("::1:7001", "brackets")]
    [InlineData("a b:1", "no valid host name")]
    public void Says_what_is_wrong(string text, string reason)
    {
        Addresses.TryParse(text, out _, out _, out var why).ShouldBeFalse();
        why.ShouldNotBeNull().ShouldContain(reason);
    }
}
