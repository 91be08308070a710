using System.Net;
using System.Net.Sockets;

namespace Quorate.Tests;

/// <summary>A node in a process of its own joins a cluster in another, is started again by its folder, and leaves for
/// good.</summary>
public sealed class JoinTests
{
    [Fact]
    public async Task A_node_joins_comes_back_by_its_folder_alone_and_is_told_when_it_was_removed()
    {
        using var folder = new TemporaryFolder();
        await using var cluster = await RunningProgram.DevAsync("--data", Path.Combine(folder.Path, "dev"));
        var server = $"127.0.0.1:{cluster.RespPorts[0]}";
        var data = Path.Combine(folder.Path, "n4");
        string[] join = [
            "serve", "--node", "n4", "--data", data, "--resp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--peer",
            $"127.0.0.1:{FreePort()}", "--join", server, "--zone", "z4"];
        await using (var joined = await RunningProgram.StartAsync(join))
        {
            using var client = await joined.ConnectAsync();
            (await client.AskAsync("SET", "a", "1")).ShouldBe("OK");
            (await client.AskAsync(
                "KEYSPACE", "CREATE", "ks", "STRATEGY", "primary", "REPLICAS", "4", "ACK", "sync", "MIN-IN-SYNC",
                "4")).ShouldBe("OK");
            (await client.AskAsync("SELECT", "ks")).ShouldBe("OK");
            (await client.AskAsync("SET", "b", "2")).ShouldBe("OK");
            (await RunningProgram
                .FailAsync(
                    "node", "remove", "n4", "--yes", "--server", server)).Error.ShouldContain("still holds 1 replica (ks)");
        }

        // Its name, its ports and whom to ask are in the folder.
        await using (var again = await RunningProgram.StartAsync(["serve", "--data", data]))
        {
            using var client = await again.ConnectAsync();
            (await client.AskAsync("GET", "a")).ShouldBe("1");
            (await client.AskAsync("SELECT", "ks")).ShouldBe("OK");
            (await client.AskAsync("GET", "b")).ShouldBe("2");
            (await client.AskAsync("KEYSPACE", "DROP", "ks")).ShouldBe("OK");
            await RemoveAsync(server);
            await again.WaitAsync();
            again.ErrorText.ShouldContain("n4 was removed from the cluster");
            (await again.StopAsync()).ShouldBe(1);
        }

        var (code, error) = await RunningProgram.FailAsync("serve", "--data", data);
        code.ShouldBe(1);
        error.ShouldContain("n4 was removed from the cluster and cannot come back");
        (await RunningProgram.FailAsync(join)).Error.ShouldContain("n4 was removed");

        // The name is free again, under a new id.
        var other = Path.Combine(folder.Path, "anew");
        join[4] = other;
        await using var anew = await RunningProgram.StartAsync(join);
        using var asked = await anew.ConnectAsync();
        (await asked.AskAsync("NODE", "LIST")).ShouldContain("n5 n4 state=up");
    }

    [Fact]
    public async Task What_cannot_join_says_why()
    {
        using var folder = new TemporaryFolder();
        await using var cluster = await RunningProgram.DevAsync("--ephemeral");
        var server = $"127.0.0.1:{cluster.RespPorts[1]}";
        string[] Join(params string[] more) => ["serve", "--data", Path.Combine(folder.Path, "n4"), "--join", server, .. more];
        (await RunningProgram.FailAsync(Join("--peer", "127.0.0.1:9"))).Error.ShouldContain("--node is missing");
        (await RunningProgram.FailAsync(Join("--node", "n4"))).Error.ShouldContain("--peer is missing");
        (await RunningProgram
            .FailAsync(Join("--node", "n4", "--peer", "*:9001"))).Error.ShouldContain("where the other nodes reach this one");
        (await RunningProgram
            .FailAsync(Join("--node", "n2", "--peer", "127.0.0.1:9"))).Error.ShouldContain("there is a node 'n2' already");
        (await RunningProgram
            .FailAsync(Join("--node", "n4", "--peer", $"127.0.0.1:{cluster.PeerPorts[0]}"))).Error.ShouldContain("reach 'n1' at");
        (await RunningProgram.FailAsync(Join("--cluster", "n1=a:1"))).Error.ShouldContain("begins a cluster or joins one");
        Directory.Exists(Path.Combine(folder.Path, "n4")).ShouldBeFalse("nothing was written");
    }

    private static async Task RemoveAsync(string server)
    {
        // Nothing is left to be moved, but its replica has yet to be given up.
        var why = "";
        await Never.UntilAsync(
            async () =>
            {
                (var code, why) = await RunningProgram.FailAsync("node", "remove", "n4", "--yes", "--server", server);
                return code == ExitCode.Ok;
            },
            () => $"n4 can be removed: {why}");
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
