using System.Net.Sockets;
using System.Text;
using Quorate.Cluster;
using Quorate.Replication;
using Quorate.Server.Clients;

namespace Quorate.Server.Tests.Clients;

/// <summary>What happens to clients that ask for more than is good for the others.</summary>
public sealed class PausedClientTests
{
    [Fact]
    public async Task What_a_client_asked_for_that_went_away_while_paused_is_not_executed()
    {
        const int gets = 20_000;
        await using var server = await StartAsync(members: 1, new ClientLimits());
        using var client = await ConnectAsync(server);
        await client.SendAsync(Encoding.ASCII.GetBytes($"*3\r\n$3\r\nSET\r\n$1\r\ng\r\n$50000\r\n{new string('g', 50_000)}\r\n"));
        (await client.ReceiveAsync(new byte[100]).WaitAsync(Never.Bound)).ShouldBe(5);

        // The replies are a gigabyte: nobody reads them, and the server stops long before.
        await client.SendAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("*2\r\n$3\r\nGET\r\n$1\r\ng\r\n", gets))));
        await Never.UntilAsync(() => Executed(server) > 10, "some are executed");
        client.LingerState = new LingerOption(true, 0);
        client.Dispose();
        await Never.UntilAsync(
            () => server.Report().Figures.Single(f => f.Name == "quorate_clients").Value == 0, "the client is seen to be gone");
        Executed(server).ShouldBeLessThan(gets / 2);
    }

    [Theory]
    [InlineData(60_000, 50)]
    [InlineData(60_000, 1000)]
    [InlineData(1_100_000, 10)]
    [InlineData(100, 60_000)]
    public async Task A_pipeline_whose_replies_are_more_than_a_client_may_leave_unread_gets_them_all(int length, int gets)
    {
        await using var server = await StartAsync(members: 1, new ClientLimits());
        using var client = await ConnectAsync(server);
        await client.SendAsync(
            Encoding.ASCII.GetBytes($"*3\r\n$3\r\nSET\r\n$1\r\ng\r\n${length}\r\n{new string('g', length)}\r\n"));
        (await client.ReceiveAsync(new byte[100]).WaitAsync(Never.Bound)).ShouldBe(5);

        // The client sends all its commands at once and nothing after them.
        var sending = client.SendAsync(
            Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("*2\r\n$3\r\nGET\r\n$1\r\ng\r\n", gets))));
        var left = (long)gets * ($"${length}\r\n".Length + length + 2);
        var buffer = new byte[1 << 20];
        while (left > 0) left -= await client.ReceiveAsync(buffer).WaitAsync(Never.Bound);
        left.ShouldBe(0);
        await sending;
    }

    [Fact]
    public async Task A_client_with_many_bytes_of_commands_unanswered_is_not_read_from_and_others_are()
    {
        // Two of three members are missing: no write gets its answer.
        await using var server = await StartAsync(
            members: 3, new ClientLimits { PausingPendingBytes = 64 * 1024, LeastPendingBytes = 1024 });
        using var client = await ConnectAsync(server);
        var set = $"*3\r\n$3\r\nSET\r\n$1\r\ng\r\n$1000\r\n{new string('g', 1000)}\r\n";
        await client.SendAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(set, 500))));
        await Never.UntilAsync(() => Executed(server) >= 60, "as many are executed as may wait");
        using var other = await ConnectAsync(server);
        for (var i = 0; i < 5; i++)
        {
            await other.SendAsync("PING\r\n"u8.ToArray());
            (await other.ReceiveAsync(new byte[100]).WaitAsync(Never.Bound)).ShouldBe(7);
        }

        Executed(server).ShouldBeLessThan(100);
    }

    private static long Executed(NodeServer server) => server.Loop.Read(node => node.Statistics.CommandsProcessed);

    private static async Task<Socket> ConnectAsync(NodeServer server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", int.Parse(server.RespAddress.Split(':')[1]));
        return socket;
    }

    private static async Task<NodeServer> StartAsync(int members, ClientLimits limits)
    {
        var server = await NodeServer.BindAsync(new NodeServerOptions
        {
            Self = new NodeId(1),
            Name = "n1",
            Durability = Durability.Memory,
            RespAddress = "127.0.0.1:0",
            PeerAddress = "127.0.0.1:0",
            HttpAddress = "127.0.0.1:0",
            Clients = limits,
        });
        // Nobody listens on ports this low.
        await server.StartAsync(Enumerable.Range(1, members).Select(i =>
            new Member(new NodeId(i), $"n{i}", i == 1 ? server.PeerAddress : $"127.0.0.1:{i}", "")));
        return server;
    }
}
