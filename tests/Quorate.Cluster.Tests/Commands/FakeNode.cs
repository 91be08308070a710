using Quorate.Cluster.Commands;
using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using GroupStatus = Quorate.Cluster.Commands.GroupStatus;

namespace Quorate.Cluster.Tests.Commands;

/// <summary>A node of three that says what a test tells it to say.</summary>
internal sealed class FakeNode : INodeView
{
    public NodeOptions Options { get; set; } = new()
    {
        Self = new NodeId(1),
        Seed = 7,
        Incarnation = 3,
        Strategies = Quorate.Strategies.StrategyTable.All,
        Members =
        [
            new Member(new NodeId(1), "one", "10.0.0.1:7000", "10.0.0.1:6379"),
            new Member(new NodeId(2), "two", "10.0.0.2:7000", "10.0.0.2:6380"),
            new Member(new NodeId(3), "three", "10.0.0.3:7000", "[::1]:6381"),
        ],
    };

    public Member Self => Members.First(m => m.Id == Options.Self);

    public IReadOnlyList<Member> Members => Options.Members;

    public StepTime StartTime { get; } = Asker.At(0);

    public string? Refusal { get; set; }

    public int DatabaseCount => 16;

    public GroupStatus Group { get; set; } = new(new GroupId(1), "raft", new NodeId(1), new Term(4), new LogIndex(100),
        new LogIndex(98), new LogIndex(97), 0,
        [
            new FollowerView(new NodeId(2), new LogIndex(98), 2, 20, "replicate"),
            new FollowerView(new NodeId(3), new LogIndex(50), 50, 60_000, "probe"),
        ]);

    public IReadOnlyList<GroupStatus> Groups => [Group];

    /// <summary>The control group's machine; null: there is no control plane.</summary>
    public ControlMachine? Control { get; set; }

    public ClusterMap? Map => Control?.Map;

    public NodeId ControlLeader => new(2);

    public HashSet<NodeId> Suspected { get; } = [];

    /// <summary>What the control leader was asked for, and what it says; null: nothing yet.</summary>
    public List<ControlCommand> Asked { get; } = [];

    public ControlAnswer? Answer { get; set; } = new(null, 1);

    public IReadOnlyList<DatabaseStatus> Databases { get; set; } = [];

    public NodeStatistics Statistics { get; } = new();

    public ProcessStatus Process { get; set; }

    public List<SessionState> Connected { get; } = [];

    public IEnumerable<SessionState> Sessions => Connected;

    public Channels Channels { get; } = new();

    public WriteHolders Holders { get; set; } = new(true, true, 1);

    public List<(long Session, string Text)> Pushed { get; } = [];

    public List<long> Closed { get; } = [];

    /// <summary>Parameters that can be set, and their values.</summary>
    public Dictionary<string, string> Config { get; } = [];

    public GroupStatus Default => Group;

    public IReadOnlyList<GroupStatus> GroupsOf(SessionState session) => Groups;

    public GroupStatus GroupOf(SessionState session) => Group;

    public bool? IsSuspected(NodeId node) => Suspected.Contains(node);

    public long AskControl(ControlCommand command)
    {
        Asked.Add(command);
        return Asked.Count;
    }

    public ControlAnswer? TryTakeAnswer(long ticket, bool last) => Answer;

    public WriteHolders HoldersUpTo(SessionState session, IReadOnlyList<(GroupId Group, LogIndex Index)> applied) => Holders;

    public void Push(SessionState session, ReadOnlySpan<byte> message) =>
        Pushed.Add((session.Id, Asker.OneLine(message)));

    public void Close(SessionState session) => Closed.Add(session.Id);

    public string? ConfigOf(string name) => Config.GetValueOrDefault(name);

    public bool TrySetConfig(string name, string value)
    {
        if (!Config.ContainsKey(name)) return false;
        Config[name] = value;
        return true;
    }

    /// <summary>The same node seen from a time when another leads, or nobody (0).</summary>
    public void LedBy(int node) =>
        Group = Group with { Leader = new NodeId(node), Followers = [], LeaderHeardMilliseconds = node == 0 ? -1 : 1500 };
}
