using Quorate.Replication;
using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>Every file of tests/scripts/raft.</summary>
public sealed class RaftScriptTests
{
    public static TheoryData<string> Names =>
        [.. Directory
            .GetFiles(ScriptFile.Folder("raft"), "*.txt").Select(p => Path.GetFileNameWithoutExtension(p)!)
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_trace_is_the_one_written_down(string name) =>
        ScriptFile.Check(
            Path.Combine(ScriptFile.Folder("raft"), name + ".txt"), commands => new Script(Create, Members).Run(commands));

    [Fact]
    public void There_are_scripts() => Names.Count.ShouldBeGreaterThanOrEqualTo(8);

    /// <summary>Words after the number of nodes: <c>memory</c>, <c>small</c> (log kept in memory, pieces of snapshots),
    /// <c>voters=k</c>.</summary>
    private static RaftProtocol Create(int nodes, string[] words)
    {
        var voters = words.FirstOrDefault(w => w.StartsWith("voters=", StringComparison.Ordinal)) is { } w
            ? int.Parse(w.AsSpan(7)) : nodes;
        return new RaftProtocol(voters, new RaftOptions
        {
            Durable = !words.Contains("memory"),
            MaxLagBytes = words.Contains("small") ? 60 : 64 << 20,
            SnapshotPieceBytes = words.Contains("small") ? 4 : 128 << 10,
        });
    }

    /// <summary>"n1,n2+n3": voters, then learners.</summary>
    private static byte[] Members(string text)
    {
        var parts = text.Split('+');
        return new Configuration(Ids(parts[0]), parts.Length > 1 ? Ids(parts[1]) : null).Encode();
    }

    private static IEnumerable<NodeId> Ids(string text) => text.Split(',').Select(n => new NodeId(int.Parse(n.AsSpan(1))));
}
