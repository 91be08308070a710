using System.Text;
using Quorate.Replication;
using Quorate.Strategies.CasPaxos;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.CasPaxos;

/// <summary>
/// Every file of tests/scripts/caspaxos. <c>members n1 n2 n3 [learners n4]</c> is the control plane's word, in the next epoch;
/// <c>wish</c> has it take a wish that somebody has; <c>ask n1 INCR x</c> is a client's command.
/// </summary>
public sealed class CasPaxosScriptTests
{
    public static TheoryData<string> Names =>
        [.. Directory
            .GetFiles(ScriptFile.Folder("caspaxos"), "*.txt").Select(p => Path.GetFileNameWithoutExtension(p)!)
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_trace_is_the_one_written_down(string name) => ScriptFile.Check(
        Path.Combine(ScriptFile.Folder("caspaxos"), name + ".txt"),
        commands =>
        {
            var play = new Play();
            return new Script(play.Create, _ => [], play.Execute).Run(commands);
        });

    [Fact]
    public void There_are_scripts() => Names.Count.ShouldBeGreaterThanOrEqualTo(6);

    private sealed class Play
    {
        private CasPaxosProtocol? _protocol;
        private GroupConfiguration _newest = new(new Epoch(0), NodeId.None, [], []);
        private long _nextRequest = 1;

        /// <summary>Words after the number of nodes: <c>memory</c>, <c>quick</c> (collects soon), <c>prepares</c> (always two
        /// rounds).</summary>
        public CasPaxosProtocol Create(int nodes, string[] words) => _protocol = new CasPaxosProtocol(new CasPaxosOptions
        {
            Durable = !words.Contains("memory"),
            OneRoundTrip = !words.Contains("prepares"),
            CollectTicks = words.Contains("quick") ? 5 : 500,
        });

        public bool Execute(World world, string[] words, Action<string> note)
        {
            _protocol!.Trace = note;
            switch (words[0])
            {
                case "members":
                    var learners = Array.IndexOf(words, "learners");
                    var inSync = words[1..(learners < 0 ? words.Length : learners)].Select(Number);
                    Configure(
                        world,
                        new GroupConfiguration(
                            _newest.Epoch.Next, NodeId.None, [.. inSync],
                            learners < 0 ? [] : [.. words[(learners + 1)..].Select(Number)]));
                    return true;
                case "wish":
                    var wish = world.Nodes.Values.Where(n => n.IsUp)
                        .Select(n => CasPaxosGroup.Of(n).Wanted).FirstOrDefault(w => w is not null);
                    note(wish is null ? "nobody wants anything" : $"taken: {wish}");
                    if (wish is not null) Configure(world, wish);
                    return true;
                case "ask":
                    var command = string.Join(' ', words[2..]);
                    var kind = TextMachine.IsRead(command) ? RequestKind.Read : RequestKind.Write;
                    world.Request(world.Nodes[Number(words[1])], _nextRequest++, kind, Encoding.UTF8.GetBytes(command));
                    return true;
                default:
                    return false;
            }
        }

        private void Configure(World world, GroupConfiguration configuration)
        {
            _newest = configuration;
            foreach (var node in world.Nodes.Values)
                world.Do(node, r => ((IConfiguredReplica)r).OnConfiguration(configuration, world.Now, node.Effects));
        }

        private static NodeId Number(string node) => new(int.Parse(node.AsSpan(1)));
    }
}
