using Quorate.Replication;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Chain;

/// <summary>
/// Every file of tests/scripts/chain. The control plane's part is played by commands:
/// <c>chain n1>n2>n3 [n4 n5]</c> decides the next epoch with that chain and those learners; <c>tell</c> and <c>lease</c> [n2]
/// bring its word to one node or to all; <c>take</c> takes a wish that somebody has, if it may be taken.
/// </summary>
public sealed class ChainScriptTests
{
    public static TheoryData<string> Names =>
        [.. Directory
            .GetFiles(ScriptFile.Folder("chain"), "*.txt").Select(p => Path.GetFileNameWithoutExtension(p)!)
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_trace_is_the_one_written_down(string name)
    {
        ChainControl? control = null;
        ScriptFile.Check(
            Path.Combine(ScriptFile.Folder("chain"), name + ".txt"),
            commands =>
                new Script(
                    Create, _ => [],
                    (world, words, note) => Execute(control ??= new ChainControl(world), world, words, note)).Run(commands));
    }

    [Fact]
    public void There_are_scripts() => Names.Count.ShouldBeGreaterThanOrEqualTo(6);

    /// <summary>Words after the number of nodes: <c>tail</c> (reads at the tail only), <c>small</c> (log kept in memory, pieces
    /// of snapshots).</summary>
    private static ChainProtocol Create(int nodes, string[] words) => new(new ChainOptions
    {
        Craq = !words.Contains("tail"),
        RetainedBytes = words.Contains("small") ? 0 : 1 << 20,
        MaxLagBytes = words.Contains("small") ? 60 : 64 << 20,
        SnapshotPieceBytes = words.Contains("small") ? 4 : 128 << 10,
        SnapshotWindow = 2,
    });

    private static bool Execute(ChainControl control, World world, string[] words, Action<string> note)
    {
        switch (words[0])
        {
            case "chain":
                control.Decide(words[1].Split('>').Select(Number), words[2..].Select(Number));
                break;
            case "tell":
                if (words.Length > 1) control.Tell(world[Number(words[1])]);
                else control.TellAll();
                break;
            case "lease":
                if (words.Length > 1) control.Grant(world[Number(words[1])]);
                else control.GrantAll();
                break;
            case "take":
                note(control.TakeAny()
                    ? $"taken: {control.Newest}" : control.Pending is null ? "nobody wants anything"
                    : "the lease of one who leaves still runs");
                break;
            default:
                return false;
        }

        return true;
    }

    private static int Number(string node) => int.Parse(node.AsSpan(1));
}
