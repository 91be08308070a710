using System.Buffers.Binary;
using System.Text;

namespace Quorate.Tests;

/// <summary>Whatever comes in at a port: no crash, no unbounded memory, and the others are served.</summary>
public sealed class BadInputTests
{
    [Fact]
    public async Task Random_bytes_at_every_port()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral");
        var dice = new Random(99);
        foreach (var port in program.RespPorts.Concat(program.PeerPorts).Concat(program.HttpPorts))
        {
            for (var i = 0; i < 30; i++)
            {
                using var client = await RespClient.ConnectAsync(port);
                var bytes = new byte[dice.Next(1, 5000)];
                dice.NextBytes(bytes);
                if (dice.Next(2) == 0) "*3\r\n$3\r\nSET"u8[..Math.Min(11, bytes.Length)].CopyTo(bytes);
                await SendAsync(client, bytes);
            }
        }

        await RequireServiceAsync(program);
    }

    [Fact]
    public async Task What_is_not_resp_gets_an_error_and_the_connection_ends()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral");
        await Attempts.UntilNoneIsRefusedAsync(async () =>
        {
            using var client = await program.ConnectAsync();
            await client.SendAsync("SET a 1\r\n*1\r\n:1\r\nSET a 2\r\n");
            if (!await Attempts.IsOkAsync(client)) return false;
            (await client.ReadAsync())!.ToString().ShouldBe("-ERR Protocol error: expected '$', got ':'");
            (await client.ReadAsync()).ShouldBeNull();
            return true;
        });
        using var other = await program.ConnectAsync();
        (await other.AskAsync("GET", "a")).ShouldBe("1");
    }

    [Fact]
    public async Task Truncated_and_damaged_peer_frames()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral");
        var dice = new Random(5);
        foreach (var port in program.PeerPorts)
        {
            for (var i = 0; i < 20; i++)
            {
                using var client = await RespClient.ConnectAsync(port);
                var length = dice.Next(0, 300);
                var frame = new byte[4 + length];
                dice.NextBytes(frame);
                BinaryPrimitives.WriteInt32LittleEndian(frame, i % 3 == 0 ? int.MaxValue : length);
                if (i % 2 == 0 && length > 4) "QRPH"u8.CopyTo(frame.AsSpan(4));
                await SendAsync(client, frame.AsMemory(0, dice.Next(1, frame.Length + 1)));
            }
        }

        await RequireServiceAsync(program);
    }

    [Fact]
    public async Task Commands_that_are_claimed_and_never_sent_cost_nothing()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral");
        var clients = new List<RespClient>();
        var before = program.ResidentBytes;
        for (var i = 0; i < 200; i++)
        {
            var client = await program.ConnectAsync(i % 3);
            clients.Add(client);
            await client.SendAsync(i % 2 == 0 ? "*1000000\r\n" : "*10000\r\n$536870912\r\nabc");
        }

        await RequireServiceAsync(program);
        (program.ResidentBytes - before).ShouldBeLessThan(100_000_000);

        using var greedy = await program.ConnectAsync();
        await greedy.SendAsync("*10000000\r\n");
        (await greedy.ReadAsync())!.ToString().ShouldBe("-ERR Protocol error: invalid multibulk length");
        foreach (var client in clients) client.Dispose();
    }

    [Fact]
    public async Task A_thousand_idle_connections()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral");
        var clients = new List<RespClient>();
        for (var i = 0; i < 1000; i++) clients.Add(await program.ConnectAsync(i % 3));
        await RequireServiceAsync(program);
        (await clients[500].AskAsync("PING")).ShouldBe("PONG");
        foreach (var client in clients) client.Dispose();
        await RequireServiceAsync(program);
    }

    [Fact]
    public async Task A_client_that_never_reads_is_not_read_from_any_more()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral");
        using (var writer = await program.ConnectAsync())
            (await writer.AskAsync("SET", "big", new string('x', 100_000))).ShouldBe("OK");

        using var deaf = await program.ConnectAsync();
        var get = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(RespClient.Command("GET", "big"), 100)));
        var before = program.ResidentBytes;

        // 100 000 replies of 100 kB: the server must stop reading long before, so that our own sending gets stuck.
        using var stuck = new CancellationTokenSource();
        using var other = await program.ConnectAsync();
        deaf.Socket.SendBufferSize = 64 * 1024;
        var isStuck = false;
        for (var sent = 0; sent < 1000 && !isStuck && program.ResidentBytes - before < 500_000_000; sent++)
        {
            var sending = deaf.Socket.SendAsync(get, System.Net.Sockets.SocketFlags.None, stuck.Token).AsTask();
            // The node's one event loop has answered another client so often: had it wanted to read from this one, it would have.
            for (var turns = 0; turns < 300 && !sending.IsCompleted; turns++) (await other.AskAsync("PING")).ShouldBe("PONG");
            isStuck = !sending.IsCompleted;
            if (isStuck) await stuck.CancelAsync();
            await sending.ContinueWith(_ => { }, TaskScheduler.Default);
        }

        isStuck.ShouldBeTrue();
        (program.ResidentBytes - before).ShouldBeLessThan(300_000_000);
        await RequireServiceAsync(program);
    }

    [Fact]
    public async Task One_client_more_than_allowed_is_told_so()
    {
        using var folder = new TemporaryFolder();
        await using var program = await RunningProgram.StartAsync(
        [
            "serve",
            "--node", "a", "--cluster", "a=127.0.0.1:1", "--peer", "127.0.0.1:0", "--resp", "127.0.0.1:0", "--http",
            "127.0.0.1:0",
            "--data", folder.Path, "--max-clients", "2",
        ]);
        using var first = await program.ConnectAsync();
        using var second = await program.ConnectAsync();
        (await first.AskAsync("PING")).ShouldBe("PONG");
        (await second.AskAsync("PING")).ShouldBe("PONG");
        using var third = await program.ConnectAsync();
        (await third.ReadAsync())!.ToString().ShouldBe("-ERR max number of clients reached");
        (await third.ReadAsync()).ShouldBeNull();
        (await first.AskAsync("SET", "a", "1")).ShouldBe("OK");
    }

    private static async Task SendAsync(RespClient client, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await client.SendAsync(bytes);
        }
        catch (IOException)
        {
            // Closed already: as it should be.
        }
    }

    private static async Task RequireServiceAsync(RunningProgram program)
    {
        for (var node = 0; node < program.RespPorts.Length; node++)
        {
            using var client = await program.ConnectAsync(node);
            (await client.AskAsync("SET", "service", $"{node}")).ShouldBe("OK");
            (await client.AskAsync("GET", "service")).ShouldBe($"{node}");
        }
    }
}
