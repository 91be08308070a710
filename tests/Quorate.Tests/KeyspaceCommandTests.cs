using System.Net.Http;
using System.Text.Json;

namespace Quorate.Tests;

/// <summary>What people type to choose and to see the replication of their keys, against a running cluster.</summary>
public sealed class KeyspaceCommandTests
{
    [Fact]
    public async Task A_keyspace_from_its_creation_to_its_end()
    {
        using var folder = new TemporaryFolder();
        await using var program = await RunningProgram.DevAsync("--data", folder.Path, "--durability", "written");
        var create = "keyspace create cache --strategy primary --ack async --reads eventual";
        var (code, output, error) = await RunAsync(program, create, answer: "n");
        code.ShouldBe(ExitCode.Failed);
        output.ShouldContain("A write is acknowledged when it is on stable storage of the primary alone.");
        output.ShouldEndWith("Create it? [y/N] ");
        error.ShouldBe("quorate: nothing was done\n");
        (await RunAsync(program, create, answer: null)).Error.ShouldEndWith("there is no terminal here, so add --yes\n");
        (await RunAsync(program, "keyspace list")).Output.ShouldNotContain("cache");

        (code, output, error) = await RunAsync(program, create, answer: "y");
        error.ShouldBe("");
        code.ShouldBe(ExitCode.Ok);
        output.ShouldEndWith("created; clients choose it with SELECT cache\n");
        await RefuseAsync(program, create + " --yes", "there is a keyspace 'cache' already");

        var policy = "strategy primary replicas 3 ack async ship log reads eventual durability fsync";
        (await RunAsync(program, "keyspace list")).Output.ShouldContain($"\ncache {policy}\n");
        (await RunAsync(program, "keyspace show 3")).Output.ShouldContain("handed to the operating system");
        using (var client = await program.ConnectAsync(1))
        {
            // quorate keyspace create returns when every node knows it.
            (await client.AskAsync("SELECT", "cache")).ShouldBe("OK");
            (await client.AskAsync("SET", "a", "1")).ShouldBe("OK");
        }

        (code, output, _) = await RunAsync(program, "keyspace alter cache --reads linearizable --yes");
        code.ShouldBe(ExitCode.Ok);
        output.ShouldContain("A read (linearizable)");
        await RefuseAsync(program, "keyspace alter cache --ship state --yes", "create a second keyspace and copy the keys");
        (code, output, _) = await RunAsync(program, "keyspace alter cache --ack semisync:2 --yes");
        code.ShouldBe(ExitCode.Ok);
        output.ShouldMatch("^now:\nkeyspace cache: .*ack async(.|\n)*then, once (.|\n)*ack semisync:2 ");
        (await RunAsync(program, "keyspace alter cache --ack async --yes")).Code.ShouldBe(ExitCode.Ok);
        (await RunAsync(program, "keyspace show cache")).Output.ShouldContain("reads linearizable");

        (await RunAsync(program, "status")).Output.ShouldMatch(
            "\ngroup g[0-9]+ keyspace=cache epoch=[0-9]+ leader=n[123] in_sync=[n123,]+ (learners=[n123,]+ )?strategy=primary ");
        await RequireStatusPageAsync(program, policy.Replace("eventual", "linearizable"));
        var nothing = $"the node at 127.0.0.1:{program.RespPorts[0]} keeps no cut-off commands";
        (await RunAsync(program, "lost list")).Output.ShouldBe(nothing + "\n");
        (await RunAsync(program, "lost show cache")).Output.ShouldBe(nothing + " of cache\n");
        (await RunAsync(program, "lost replay cache --yes")).Output.ShouldBe(nothing + " of cache\n");
        (await RunAsync(program, "lost clear cache --yes")).Output.ShouldContain("other nodes keep theirs");

        (await RunAsync(program, "keyspace drop cache", answer: "")).Code.ShouldBe(ExitCode.Failed);
        (await RunAsync(program, "keyspace drop cache --yes")).Output.ShouldBe("dropped\n");
        await RefuseAsync(program, "keyspace show cache", "there is no keyspace 'cache'");
    }

    [Fact]
    public async Task A_number_is_free_once_its_keyspace_is_dropped_and_nodes_without_files_promise_no_disks()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral");
        await RefuseAsync(
            program, "keyspace create fast --strategy chain --db 3 --yes", "database 3 is keyspace '3': drop that first");
        (await RunAsync(program, "keyspace drop 3 --yes")).Code.ShouldBe(ExitCode.Ok);
        var (code, output, _) = await RunAsync(program, "keyspace create fast --strategy chain --db 3 --yes");
        code.ShouldBe(ExitCode.Ok);
        output.ShouldContain("These nodes write no files");
        output.ShouldContain("in memory of every replica of the chain");
        output.ShouldEndWith("created; clients choose it with SELECT fast or SELECT 3\n");
        (await RunAsync(program, "keyspace show fast")).Output.ShouldNotContain("on stable storage");
    }

    [Fact]
    public async Task Nodes_are_listed_and_drained_and_leadership_is_handed_over()
    {
        await using var program = await RunningProgram.DevAsync("--ephemeral");
        (await RunAsync(program, "keyspace create cache --strategy primary --yes")).Code.ShouldBe(ExitCode.Ok);
        await RefuseAsync(program, "failover cache --to n9", "there is no node 'n9'");
        await RefuseAsync(program, "failover nothing", "there is no keyspace 'nothing'");
        var before = await LeaderAsync(program);
        var (code, output, error) = await RunAsync(program, "failover cache --to n" + (before == "n2" ? 3 : 2));
        error.ShouldBe("");
        code.ShouldBe(ExitCode.Ok);
        output.ShouldBe("under way; quorate status shows which node leads\n");
        await Never.UntilAsync(async () => await LeaderAsync(program) != before, "another node leads the keyspace");

        (await RunAsync(program, "node drain n3")).Code.ShouldBe(ExitCode.Ok);
        (await RunAsync(program, "node list")).Output.ShouldContain("n3 n3 state=draining ");
        await RefuseAsync(program, "node remove n3 --yes", "drain it and wait until they have moved");
        (await RunAsync(program, "node undrain n3")).Code.ShouldBe(ExitCode.Ok);
        (await RunAsync(program, "node list")).Output.ShouldContain("n3 n3 state=up ");
    }

    private static async Task RefuseAsync(RunningProgram program, string line, string why)
    {
        var (code, _, error) = await RunAsync(program, line);
        code.ShouldBe(ExitCode.Failed);
        error.ShouldStartWith("quorate: ");
        error.ShouldContain(why);
    }

    private static async Task<string> LeaderAsync(RunningProgram program)
    {
        var text = (await RunAsync(program, "status")).Output;
        var line = text.Split('\n').First(l => l.Contains("keyspace=cache ", StringComparison.Ordinal));
        return line.Split(' ').First(w => w.StartsWith("leader=", StringComparison.Ordinal))["leader=".Length..];
    }

    private static async Task RequireStatusPageAsync(RunningProgram program, string policy)
    {
        using var http = new HttpClient();
        using var status = JsonDocument.Parse(await http.GetStringAsync($"http://127.0.0.1:{program.HttpPorts[0]}/status"));
        var keyspaces = status.RootElement.GetProperty("keyspaces").EnumerateArray().ToList();
        keyspaces.Count.ShouldBe(2);
        keyspaces[0].GetProperty("names").GetArrayLength().ShouldBe(16);
        keyspaces[0].GetProperty("policy").GetString()!.ShouldEndWith("durability written");
        keyspaces[1].GetProperty("names")[0].GetString().ShouldBe("cache");
        keyspaces[1].GetProperty("policy").GetString().ShouldBe(policy);
        keyspaces[1]
            .GetProperty("guarantee").EnumerateArray()
            .ShouldContain(s => s.GetString()!.StartsWith("Window of loss: writes that the primary had not shipped"));
        var group = keyspaces[1].GetProperty("groups")[0];
        group.GetProperty("leader").GetString().ShouldStartWith("n");
        group.GetProperty("inSync").GetArrayLength().ShouldBeGreaterThan(0);
        status.RootElement.GetProperty("alarms").ValueKind.ShouldBe(JsonValueKind.Array);
        var page = await http.GetStringAsync($"http://127.0.0.1:{program.HttpPorts[0]}/");
        page.ShouldContain("<h2>cache</h2>");
        page.ShouldContain("<li>Window of loss: writes that the primary had not shipped");
        page.ShouldContain("entries behind", customMessage: "one node is asked for all: it leads something");
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(
        RunningProgram program, string line, string? answer = null) =>
        CommandLine.RunAsync([.. line.Split(' '), "--server", $"127.0.0.1:{program.RespPorts[0]}"], answer);
}
