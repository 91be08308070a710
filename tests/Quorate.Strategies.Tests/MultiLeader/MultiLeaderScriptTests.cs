using Quorate.Replication;
using Quorate.Strategies.MultiLeader;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.MultiLeader;

/// <summary>Every file of tests/scripts/multileader. A request's text is a command. Its own commands:
/// <c>configure &lt;epoch&gt; &lt;n,n..&gt; [+n,n..] [@ n..]</c> (in sync, learners, whom to tell; all when nobody),
/// <c>clock &lt;n&gt; &lt;ms&gt;</c> (ahead of the others'), <c>ask &lt;n&gt; &lt;command&gt;</c> (what a client there would see
/// now).</summary>
public sealed class MultiLeaderScriptTests
{
    public static TheoryData<string> Names =>
        [.. Directory
            .GetFiles(ScriptFile.Folder("multileader"), "*.txt").Select(p => Path.GetFileNameWithoutExtension(p)!)
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_trace_is_the_one_written_down(string name)
    {
        MultiLeaderProtocol? protocol = null;
        ScriptFile.Check(Path.Combine(ScriptFile.Folder("multileader"), name + ".txt"), commands =>
            new Script(
                (_, words) => protocol = Create(words), _ => [],
                (world, words, note) => TryExecute(world, protocol!, words, note)).Run(commands));
    }

    [Fact]
    public void There_are_scripts() => Names.Count.ShouldBeGreaterThanOrEqualTo(6);

    /// <summary>Words after the number of nodes: <c>semisync</c>, <c>state</c>, <c>ring</c>, <c>star</c>, <c>memory</c>,
    /// <c>small</c> (log kept). Nodes 1 and 2 are one region.</summary>
    private static MultiLeaderProtocol Create(string[] words) => new(new MultiLeaderOptions
    {
        Ack = words.Contains("semisync") ? Ack.SemiSync : Ack.Async,
        Ship = words.Contains("state") ? Ship.State : Ship.Log,
        Topology = words.Contains("ring") ? Topology.Ring : words.Contains("star") ? Topology.Star : Topology.All,
        Durable = !words.Contains("memory"),
        MaxBacklogBytes = words.Contains("small") ? 60 : 64 << 20,
        RegionOf = n => n.Value <= 2 ? "eu" : "us",
        HeartbeatTicks = 10,
        BehindTicks = 20,
        RelayTicks = 30,
        PeerTimeoutTicks = 25,
    });

    private static bool TryExecute(World world, MultiLeaderProtocol protocol, string[] words, Action<string> note)
    {
        protocol.OnKeep = (node, request, text) => note($"{node} executes {request}: {text}");
        switch (words[0])
        {
            case "configure":
                var at = Array.IndexOf(words, "@");
                var told = at < 0 ? world.Nodes.Values.Where(n => n.IsUp) : words[(at + 1)..].Select(n => world.Nodes[Id(n)]);
                var learners = words.FirstOrDefault(w => w[0] == '+')?[1..];
                var configuration = new GroupConfiguration(
                    new Epoch(long.Parse(words[1])), NodeId.None, Ids(words[2]), learners is null ? [] : Ids(learners));
                foreach (var node in told.ToList())
                    world.Step(
                        node, r => ((IConfiguredReplica)r).OnConfiguration(configuration, world.NowOf(node), node.Effects));
                return true;
            case "clock":
                world.Nodes[Id(words[1])].ClockOffset = long.Parse(words[2]);
                return true;
            case "ask":
                var asked = world.Nodes[Id(words[1])];
                note($"{asked.Id} would answer "
                    + $"{protocol.Machines[asked.Id].Read(string.Join(' ', words[2..]), world.NowOf(asked))}");
                return true;
            default:
                return false;
        }
    }

    private static NodeId Id(string name) => new(int.Parse(name.AsSpan(1)));

    private static List<NodeId> Ids(string names) => [.. names.Split(',').Select(Id)];
}
