using System.Net;
using System.Net.Sockets;

namespace Quorate.Tests;

/// <summary>Types every line that README.md and docs/tour.md show, and compares the replies with those shown there.</summary>
public sealed class TourTests
{
    private const string Document = "docs/tour.md";
    private const string Regions = "Write in every region";

    private static readonly Dictionary<string, List<TourStep>> Sections = Tour.Read(Document);

    [Fact]
    public async Task The_lines_of_the_README()
    {
        using var folder = new TemporaryFolder();
        var steps = Tour.Read("README.md")["Start"];
        steps.ShouldContain(s => s.Command == "dotnet run -c Release --project src/Quorate -- dev");
        await using var program = await RunningProgram.DevAsync("--data", folder.Path);
        await TypeAsync(steps, program, folder.Path);
    }

    /// <summary>The cluster of the section before is still there in this one.</summary>
    [Fact]
    public async Task The_tour_of_one_cluster_and_its_keyspaces()
    {
        using var folder = new TemporaryFolder();
        List<TourStep> steps = [.. Sections["One cluster, any node"], .. Sections["A keyspace with another promise"]];
        await using var program = await RunningProgram.DevAsync(DevOptions(steps));
        await TypeAsync(steps, program, folder.Path);
    }

    [Fact]
    public async Task The_tour_of_three_regions()
    {
        using var folder = new TemporaryFolder();
        var rule = Path.Combine(folder.Path, "lines.lua");
        await File.WriteAllTextAsync(rule, Tour.Block(Document, "lua"), TestContext.Current.CancellationToken);
        await using var program = await RunningProgram.DevAsync(DevOptions(Sections[Regions]));
        await TypeAsync(Sections[Regions], program, folder.Path);
    }

    [Fact]
    public async Task The_tour_of_three_processes_of_which_one_is_killed()
    {
        using var folder = new TemporaryFolder();
        var terminal = new TourTerminal(FreePorts(), folder.Path);
        var running = new Dictionary<string, Task<RunningProgram>>();
        try
        {
            var kills = 0;
            foreach (var step in Sections["Three processes"])
            {
                if (step.Command.StartsWith("quorate serve ", StringComparison.Ordinal))
                {
                    // As in as many terminals: none is ready before a majority is there.
                    var words = terminal.Translate(step.Command)
                        .Replace("./", folder.Path + "/", StringComparison.Ordinal).Split(' ')[1..];
                    running[words[2]] = RunningProgram.StartAsync(words);
                    continue;
                }

                await Task.WhenAll(running.Values);
                if (step.Command.StartsWith("pkill -KILL ", StringComparison.Ordinal))
                {
                    kills++;
                    await (await running[step.Command.TrimEnd('"').Split(' ')[^1]]).KillAsync();
                    continue;
                }

                await TypeAsync(step, terminal);
            }

            kills.ShouldBe(1);
            running.Count.ShouldBe(3);
        }
        finally
        {
            foreach (var program in running.Values) await (await program).DisposeAsync();
        }
    }

    /// <summary>What no section above covers would be shown and not tried.</summary>
    [Fact]
    public void Every_section_of_the_tour_is_tried() => Sections.Keys.ShouldBe(
        ["", "One cluster, any node", "A keyspace with another promise", Regions, "Three processes"]);

    private static string[] DevOptions(List<TourStep> steps) =>
        steps.Where(s => s.Expected is null).ShouldHaveSingleItem().Command.Split(' ') is ["quorate", "dev", .. var options]
            ? options : throw new InvalidOperationException("the section starts no cluster");

    private static async Task TypeAsync(List<TourStep> steps, RunningProgram program, string folder)
    {
        var ports = program.RespPorts.Select((port, i) => (Shown: 7001 + i, Port: port)).ToDictionary(p => p.Shown, p => p.Port);
        var terminal = new TourTerminal(ports, folder);
        var shown = steps.Where(s => s.Expected is not null).ToList();
        shown.ShouldNotBeEmpty();
        foreach (var step in shown) await TypeAsync(step, terminal);
    }

    private static async Task TypeAsync(TourStep step, TourTerminal terminal)
    {
        var reply = await terminal.RunAsync(step.Command);
        step.Fits(reply).ShouldBeTrue($"$ {step.Command}\nanswers\n{reply}\nand not as shown\n{step.Expected}");
    }

    /// <summary>The document's ports, each with one that is free; all are taken at the same time, so that they differ.</summary>
    private static Dictionary<int, int> FreePorts()
    {
        var listeners = new Dictionary<int, TcpListener>();
        foreach (var shown in (int[])[7001, 7002, 7003, 8001, 8002, 8003, 9001, 9002, 9003])
        {
            listeners[shown] = new TcpListener(IPAddress.Loopback, 0);
            listeners[shown].Start();
        }

        var ports = listeners.ToDictionary(l => l.Key, l => ((IPEndPoint)l.Value.LocalEndpoint).Port);
        foreach (var listener in listeners.Values) listener.Dispose();
        return ports;
    }
}
