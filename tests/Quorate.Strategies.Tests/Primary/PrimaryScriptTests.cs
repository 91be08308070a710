using Quorate.Replication;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Primary;

/// <summary>Every file of tests/scripts/primary. Its own commands:
/// <c>configure &lt;epoch&gt; &lt;n|none&gt; &lt;n,n..&gt; [+n,n..] [@ n..]</c> (in sync, learners, whom to tell; all when
/// nobody),
/// <c>lease &lt;n&gt; &lt;ms&gt;</c>.</summary>
public sealed class PrimaryScriptTests
{
    public static TheoryData<string> Names =>
        [.. Directory
            .GetFiles(ScriptFile.Folder("primary"), "*.txt").Select(p => Path.GetFileNameWithoutExtension(p)!)
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_trace_is_the_one_written_down(string name)
    {
        PrimaryProtocol? protocol = null;
        ScriptFile.Check(Path.Combine(ScriptFile.Folder("primary"), name + ".txt"), commands =>
            new Script((_, words) => protocol = Create(words), _ => [], (world, words, _) => TryExecute(world, protocol!, words))
                .Run(commands));
    }

    [Fact]
    public void There_are_scripts() => Names.Count.ShouldBeGreaterThanOrEqualTo(6);

    /// <summary>Words after the number of nodes: <c>async|semisync|majority|sync</c>, <c>state</c>, <c>small</c> (log kept in
    /// memory, pieces of snapshots).</summary>
    private static PrimaryProtocol Create(string[] words) => new(new PrimaryOptions
    {
        Ack = words.Contains("async")
            ? Ack.Async : words.Contains("sync") ? Ack.Sync : words.Contains("majority") ? Ack.Majority : Ack.SemiSync,
        Ship = words.Contains("state") ? Ship.State : Ship.Log,
        CoalesceBytes = 40,
        MaxLagBytes = words.Contains("small") ? 60 : 64 << 20,
        SnapshotPieceBytes = words.Contains("small") ? 4 : 128 << 10,
        BackupTimeoutTicks = 20,
    });

    private static bool TryExecute(World world, PrimaryProtocol protocol, string[] words)
    {
        protocol.OnLost = (node, text) => world.Trace($"{node} {text}");
        switch (words[0])
        {
            case "configure":
                var at = Array.IndexOf(words, "@");
                var told = at < 0 ? [] : words[(at + 1)..].Select(n => world.Nodes[Id(n)]).ToArray();
                var learners = words.FirstOrDefault(w => w[0] == '+')?[1..];
                world.Configure(new GroupConfiguration(
                    new Epoch(long.Parse(words[1])), Id(words[2]), Ids(words[3]), learners is null ? [] : Ids(learners)), told);
                return true;
            case "lease":
                world.Lease(world.Nodes[Id(words[1])], long.Parse(words[2]));
                return true;
            default:
                return false;
        }
    }

    private static NodeId Id(string name) => name == "none" ? NodeId.None : new NodeId(int.Parse(name.AsSpan(1)));

    private static List<NodeId> Ids(string names) => [.. names.Split(',').Select(Id)];
}
