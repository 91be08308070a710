using Quorate.Replication;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Leaderless;

/// <summary>
/// Every file of tests/scripts/leaderless. <c>members n1 n2 n3 | n4</c> decides the next epoch with these members and learners
/// and
/// <c>tell</c> [n2] brings it to one node or to all; <c>ask n1 SET x 1</c> hands in a command. Pings are left out of the trace.
/// </summary>
public sealed class LeaderlessScriptTests
{
    public static TheoryData<string> Names =>
        [.. Directory
            .GetFiles(ScriptFile.Folder("leaderless"), "*.txt").Select(p => Path.GetFileNameWithoutExtension(p)!)
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_trace_is_the_one_written_down(string name) =>
        ScriptFile.Check(Path.Combine(ScriptFile.Folder("leaderless"), name + ".txt"), new Run().Execute);

    [Fact]
    public void There_are_scripts() => Names.Count.ShouldBeGreaterThanOrEqualTo(6);

    private sealed class Run
    {
        private LeaderlessProtocol? _protocol;
        private GroupConfiguration _newest = new(default, NodeId.None, [], []);
        private long _nextRequest = 1;

        public string Execute(string commands) =>
            new Script(Create, _ => [], Execute, line => line.Contains(" Ping ", StringComparison.Ordinal)).Run(commands);

        /// <summary>Words after the number of nodes: <c>sloppy</c>, <c>linearizable</c>, <c>compare</c> (in the
        /// background).</summary>
        private LeaderlessProtocol Create(int nodes, string[] words) => _protocol = new LeaderlessProtocol(new LeaderlessOptions
        {
            Partitions = 1,
            W = words.Contains("all") ? 3 : 2,
            Sloppy = words.Contains("sloppy"),
            Linearizable = words.Contains("linearizable"),
            PingTicks = 10,
            SilenceTicks = 25,
            CompareTicks = words.Contains("compare") ? 8 : 1_000_000,
        });

        private bool Execute(World world, string[] words, Action<string> note)
        {
            _protocol!.Trace = note;
            switch (words[0])
            {
                case "members":
                    var sides = string.Join(' ', words[1..]).Split('|');
                    var ids = sides.Select(s => s
                        .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => new NodeId(Number(n)))
                        .ToArray()).ToArray();
                    _newest = new GroupConfiguration(_newest.Epoch.Next, NodeId.None, ids[0], ids.Length > 1 ? ids[1] : []);
                    break;
                case "tell":
                    foreach (var node in world.Nodes.Values)
                    {
                        if (words.Length > 1 ? node.Id.Value == Number(words[1]) : _newest.Contains(node.Id))
                            world.Do(node, r => ((LeaderlessReplica)r).OnConfiguration(_newest, world.Now, node.Effects));
                    }

                    break;
                case "ask":
                    world.Request(
                        world[Number(words[1])], _nextRequest++, RequestKind.Write,
                        MergeMachine.Payload(string.Join(' ', words[2..])));
                    break;
                default:
                    return false;
            }

            return true;
        }

        private static int Number(string node) => int.Parse(node.AsSpan(1));
    }
}
