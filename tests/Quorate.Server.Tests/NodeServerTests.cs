using System.Net.Sockets;
using System.Text;
using Quorate.Cluster;
using Quorate.Cluster.Commands;
using Quorate.Replication;
using Quorate.Server.Peers;

namespace Quorate.Server.Tests;

public sealed class NodeServerTests
{
    [Fact]
    public async Task Commands_are_executed_on_the_event_loop_of_the_sockets()
    {
        await using var server = await StartAsync();
        var names = new List<string?>();
        server.Loop.Node.MeasureProcess = () =>
        {
            names.Add(Thread.CurrentThread.Name);
            return default(ProcessStatus);
        };

        using var client = new TcpClient();
        var port = int.Parse(server.RespAddress.Split(':')[1]);
        await client.ConnectAsync("127.0.0.1", port);
        // The first reads of a connection may happen on the thread that accepted it, as long as bytes are there when it looks.
        await Never.UntilAsync(
            async () =>
            {
                await client.GetStream().WriteAsync("INFO memory\r\n"u8.ToArray());
                (await client.GetStream().ReadAsync(new byte[64 * 1024]).AsTask().WaitAsync(Never.Bound)).ShouldBeGreaterThan(0);
                lock (server.Loop.Gate) return names.Count >= 10 && names[^5..].All(n => n == SocketEngine.ThreadName);
            },
            "five commands in a row that the event loop executes");
    }

    [Fact]
    public async Task A_bug_ends_the_node_and_is_told()
    {
        await using var server = await StartAsync();
        server.Loop.Node.MeasureProcess = () => throw new InvariantViolation("made up");
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", int.Parse(server.RespAddress.Split(':')[1]));
        await client.GetStream().WriteAsync("INFO memory\r\n"u8.ToArray());
        (await server.Stopped.WaitAsync(Never.Bound)).ShouldBeOfType<InvariantViolation>();
        server.Loop.IsRunning.ShouldBeFalse();
    }

    [Fact]
    public async Task Peers_that_are_not_of_the_cluster_are_told_why()
    {
        await using var server = await StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", int.Parse(server.PeerAddress.Split(':')[1]));
        await client.GetStream().WriteAsync(new PeerHello(new NodeId(2), new NodeId(1), 5, "", "").Encode());
        var answer = new byte[1024];
        var length = await ReadAsync(6);
        Encoding.UTF8.GetString(answer, 0, length).ShouldContain("another cluster");
        (await ReadAsync(1024)).ShouldBeLessThan(1024);

        Task<int> ReadAsync(int atLeast) =>
            client.GetStream().ReadAtLeastAsync(answer, atLeast, throwOnEndOfStream: false).AsTask().WaitAsync(Never.Bound);
    }

    private static async Task<NodeServer> StartAsync()
    {
        var server = await NodeServer.BindAsync(new NodeServerOptions
        {
            Self = new NodeId(1),
            Name = "n1",
            Durability = Durability.Memory,
            RespAddress = "127.0.0.1:0",
            PeerAddress = "127.0.0.1:0",
            HttpAddress = "127.0.0.1:0",
        });
        await server.StartAsync([new Member(new NodeId(1), "n1", server.PeerAddress, server.RespAddress)]);
        return server;
    }
}
