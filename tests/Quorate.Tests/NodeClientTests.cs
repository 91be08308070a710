using System.Net;
using System.Net.Sockets;
using System.Text;
using Quorate.Commands;

namespace Quorate.Tests;

/// <summary>What the command line makes of a node's answers. The node is a listener that gives one prepared answer a
/// connection.</summary>
public sealed class NodeClientTests
{
    [Theory]
    [InlineData("TRYAGAIN the control group has no leader")]
    [InlineData("CLUSTERDOWN no leader")]
    [InlineData("LOADING this node does not know the keyspaces yet")]
    public async Task A_command_that_was_not_executed_for_a_reason_that_passes_is_repeated(string error)
    {
        using var node = new Answers($"-{error}\r\n", $"-{error}\r\n", "+OK\r\n");
        (await Client(node).AskAsync("KEYSPACE", "DROP", "cache")).Text.ShouldBe("OK");
        node.Given.ShouldBe(3);
    }

    [Theory]
    [InlineData("UNCERTAIN the control group did not answer in time")]
    [InlineData("ERR there is no keyspace 'cache'")]
    public async Task Every_other_error_ends_the_command_at_once(string error)
    {
        using var node = new Answers($"-{error}\r\n", "+OK\r\n");
        var asking = Client(node).AskAsync("KEYSPACE", "DROP", "cache");
        (await Should.ThrowAsync<CannotAskException>(asking)).Message.ShouldContain(error);
        node.Given.ShouldBe(1);
    }

    [Fact]
    public async Task Patience_ends()
    {
        using var node = new Answers("-TRYAGAIN no leader\r\n");
        var client = new NodeClient(node.Address, CancellationToken.None, TimeSpan.FromSeconds(1));
        var asking = client.AskAsync("KEYSPACE", "DROP", "cache")
            .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await Should.ThrowAsync<CannotAskException>(asking);
    }

    private static NodeClient Client(Answers node) => new(node.Address, CancellationToken.None, TimeSpan.FromMinutes(1));

    /// <summary>Gives each connection one answer, in their order; the last one again and again.</summary>
    private sealed class Answers : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly string[] _answers;
        private int _given;

        public Answers(params string[] answers)
        {
            _answers = answers;
            _listener.Start();
            _ = ServeAsync();
        }

        public int Given => Volatile.Read(ref _given);

        public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync()
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                var stream = client.GetStream();
                await stream.ReadExactlyAsync(new byte["*3\r\n$8\r\nKEYSPACE\r\n$4\r\nDROP\r\n$5\r\ncache\r\n".Length]);
                var answer = _answers[Math.Min(Interlocked.Increment(ref _given), _answers.Length) - 1];
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
            }
        }
    }
}
