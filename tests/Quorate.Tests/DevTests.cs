using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text.Json;
using StackExchange.Redis;

namespace Quorate.Tests;

/// <summary>A cluster of three as a user starts it, over real sockets.</summary>
public sealed class DevTests
{
    [Fact]
    public async Task What_is_written_on_one_node_is_read_on_another()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral");
        for (var from = 0; from < 3; from++)
        {
            using var writer = await program.ConnectAsync(from);
            (await writer.AskAsync("SET", "key", $"from {from}")).ShouldBe("OK");
            for (var to = 0; to < 3; to++)
            {
                using var reader = await program.ConnectAsync(to);
                (await reader.AskAsync("GET", "key")).ShouldBe($"from {from}");
            }
        }
    }

    [Fact]
    public async Task A_restart_keeps_what_was_acknowledged()
    {
        using var temporary = new TemporaryFolder();
        var folder = temporary.Path;
        await using (var program = await RunningProgram.DevAsync("--data", folder))
        {
            using var client = await program.ConnectAsync();
            for (var i = 0; i < 100; i++) (await client.AskAsync("SET", $"key {i}", $"value {i}")).ShouldBe("OK");
            (await program.StopAsync()).ShouldBe(ExitCode.Ok);
        }

        await using (var program = await RunningProgram.DevAsync("--data", folder))
        {
            using var client = await program.ConnectAsync(1);
            for (var i = 0; i < 100; i++) (await client.AskAsync("GET", $"key {i}")).ShouldBe($"value {i}");

            // A second program must not touch the files of a running one.
            var (failed, inUse) = await RunningProgram.FailAsync(
                "dev", "--data", folder, "--resp-port", "0", "--http-port", "0", "--peer-port", "0");
            failed.ShouldBe(ExitCode.Failed);
            inUse.ShouldContain("in use");
        }

        // The folder is one of a cluster of three.
        var (code, error) = await RunningProgram.FailAsync(
            "dev", "--data", folder, "--nodes", "1", "--resp-port", "0", "--http-port", "0", "--peer-port", "0");
        code.ShouldBe(ExitCode.Failed);
        error.ShouldContain("belongs to another node");
    }

    [Fact]
    public async Task Killed_without_warning_it_keeps_what_was_acknowledged()
    {
        using var folder = new TemporaryFolder();
        var (acknowledged, open) = (0, 0);
        await using (var program = await RunningProgram.DevAsync("--data", folder.Path))
        {
            using var client = await program.ConnectAsync();
            while (acknowledged < 100)
            {
                await client.SendAsync(RespClient.Command("INCR", "counter"));
                var reply = (await client.ReadAsync())!;
                if (RespClient.IsRefusal(reply)) continue;
                if (RespClient.IsUncertain(reply))
                {
                    open++;
                    continue;
                }

                int.Parse(reply.ToString()).ShouldBeInRange(++acknowledged, acknowledged + open);
            }

            await program.KillAsync();
        }

        await using (var program = await RunningProgram.DevAsync("--data", folder.Path))
        {
            using var client = await program.ConnectAsync(2);
            int.Parse(await client.AskAsync("GET", "counter")).ShouldBeInRange(acknowledged, acknowledged + open);
        }
    }

    [Fact]
    public async Task Replies_of_a_long_pipeline_come_in_order()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral");
        for (var node = 0; node < 3; node++)
        {
            var at = node;
            await Attempts.UntilNoneIsRefusedAsync(() => PipelineAsync(program, at, count: 5000));
        }
    }

    [Fact]
    public async Task A_client_that_has_said_all_still_gets_its_replies()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral");
        await Attempts.UntilNoneIsRefusedAsync(async () =>
        {
            using var client = await program.ConnectAsync(1);
            await client.SendAsync(string.Concat(Enumerable.Range(0, 100).Select(i => RespClient.Command("SET", $"k{i}", "v"))));
            client.Socket.Shutdown(SocketShutdown.Send);
            var isDone = true;
            for (var i = 0; i < 100; i++) isDone &= await Attempts.IsOkAsync(client);
            (await client.ReadAsync()).ShouldBeNull();
            return isDone;
        });
    }

    [Fact]
    public async Task Quit_is_answered_after_what_was_before_and_closes()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral");
        await Attempts.UntilNoneIsRefusedAsync(async () =>
        {
            using var client = await program.ConnectAsync();
            await client.SendAsync("SET a 1\r\nQUIT\r\nSET a 2\r\n");
            var isDone = await Attempts.IsOkAsync(client);
            (await client.ReadAsync())!.ToString().ShouldBe("OK");
            (await client.ReadAsync()).ShouldBeNull();
            return isDone;
        });
        using var other = await program.ConnectAsync();
        (await other.AskAsync("GET", "a")).ShouldBe("1");
    }

    [Fact]
    public async Task A_usual_client_library_works()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral");
        using var redis = await ConnectLibraryAsync(program);
        var database = redis.GetDatabase();
        var attempts = 0;
        await Attempts.UntilNoneIsRefusedAsync(async () =>
        {
            var counter = $"counter {attempts++}";
            try
            {
                (await database.StringSetAsync("key", "value")).ShouldBeTrue();
                ((string)(await database.StringGetAsync("key"))!).ShouldBe("value");
                (await database.StringIncrementAsync(counter, 5)).ShouldBe(5);
                var many = Enumerable.Range(0, 500).Select(_ => database.StringIncrementAsync(counter)).ToList();
                (await Task.WhenAll(many)).ShouldBe(Enumerable.Range(6, 500).Select(i => (long)i));
                return true;
            }
            catch (RedisServerException refused) when (RespClient.IsTemporary(refused.Message))
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task Status_health_and_metrics()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral");
        using var http = new HttpClient();
        var pages = new List<JsonElement>();
        await Never.UntilAsync(
            async () =>
            {
                pages.Clear();
                foreach (var port in program.HttpPorts)
                {
                    (await http.GetStringAsync($"http://127.0.0.1:{port}/livez")).ShouldBe("ok\n");
                    using var ready = await http.GetAsync($"http://127.0.0.1:{port}/readyz");
                    if (ready.StatusCode != HttpStatusCode.OK) return false;
                    (await ready.Content.ReadAsStringAsync()).ShouldBe("ok\n");
                    pages.Add(JsonDocument.Parse(await http.GetStringAsync($"http://127.0.0.1:{port}/status")).RootElement);
                }

                // While another leader is elected the three nodes are not asked at the same moment.
                return pages.Select(p => p.GetProperty("term").GetInt64()).Distinct().Count() == 1 && pages.Any(IsLeader);
            },
            "three nodes of one term that are ready");
        pages.Count(IsLeader).ShouldBe(1);
        pages.ShouldAllBe(p => p.GetProperty("members").GetArrayLength() == 3 && p.GetProperty("term").GetInt64() > 0);
        pages.Single(IsLeader).GetProperty("followers").GetArrayLength().ShouldBe(2);
        foreach (var port in program.HttpPorts)
        {
            var metrics = "";
            async Task<bool> HasLeader()
            {
                metrics = await http.GetStringAsync($"http://127.0.0.1:{port}/metrics");
                return metrics.Contains("\nquorate_has_leader 1\n", StringComparison.Ordinal);
            }

            await Never.UntilAsync(HasLeader, "a node that knows a leader");
            metrics.Split('\n').Where(l => l.Length > 0 && l[0] != '#').ShouldAllBe(l => l.Split(' ').Length == 2);
            (await http.GetAsync($"http://127.0.0.1:{port}/nothing")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }

        var (code, output, _) = await CommandLineTests.RunAsync("status", "--server", $"127.0.0.1:{program.RespPorts[2]}");
        code.ShouldBe(ExitCode.Ok);
        foreach (var name in new[] { "n1", "n2", "n3", "term", "commit", "applied" }) output.ShouldContain(name);
    }

    [Fact]
    public async Task A_port_in_use_is_said_clearly()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var (code, error) = await RunningProgram.FailAsync(
            "dev", "--ephemeral", "--nodes", "1", "--resp-port", $"{port}", "--http-port", "0", "--peer-port", "0");
        code.ShouldBe(ExitCode.Failed);
        error.ShouldBe($"quorate: node n1 cannot listen for clients at 127.0.0.1:{port}: the port is in use by another process");
    }

    /// <summary>The library waits for so long as it is told before it says that it is connected, so it is told little at
    /// first.</summary>
    private static async Task<ConnectionMultiplexer> ConnectLibraryAsync(RunningProgram program)
    {
        // All nodes: the library looks for the one that INFO calls the master.
        var nodes = string.Join(',', program.RespPorts.Select(p => $"127.0.0.1:{p}"));
        ConnectionMultiplexer? redis = null;
        var patience = 1000;
        await Never.UntilAsync(
            async () =>
            {
                try
                {
                    redis = await ConnectionMultiplexer.ConnectAsync($"{nodes},connectTimeout={patience *= 2}");
                    return true;
                }
                catch (RedisConnectionException)
                {
                    return false;
                }
            },
            "the library connects");
        return redis!;
    }

    private static bool IsLeader(JsonElement status) => status.GetProperty("role").GetString() == "leader";

    /// <summary>Every reply stands where it belongs, whether it is a value or says that the write was refused or left
    /// open.</summary>
    /// <returns>False: at least one was.</returns>
    private static async Task<bool> PipelineAsync(RunningProgram program, int node, int count)
    {
        using var client = await program.ConnectAsync(node);
        var sending = client.SendAsync(string.Concat(Enumerable.Range(0, count).Select(i =>
            RespClient.Command("SET", $"k{i % 10}", $"{i}") + RespClient.Command("GET", $"k{i % 10}") + $"ECHO {i}\r\n")));
        var isDone = true;
        for (var i = 0; i < count; i++)
        {
            var isWritten = Attempts.IsOk((await client.ReadAsync())!);
            var read = (await client.ReadAsync())!;
            var isRead = !RespClient.IsRefusal(read) && !RespClient.IsUncertain(read);
            if (isWritten && isRead) read.ToString().ShouldBe($"{i}");
            (await client.ReadAsync())!.ToString().ShouldBe($"{i}");
            isDone &= isWritten && isRead;
        }

        await sending;
        return isDone;
    }
}
