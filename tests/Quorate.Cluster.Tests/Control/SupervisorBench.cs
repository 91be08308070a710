using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using static Quorate.Cluster.Tests.Control.MapBuilder;

namespace Quorate.Cluster.Tests.Control;

/// <summary>A supervisor, its machine and hand-made heartbeats; one clock, nothing lost. Every proposal is applied at the
/// next tick.</summary>
internal sealed class SupervisorBench
{
    private readonly Dictionary<NodeId, long> _sent = [];
    private readonly List<ControlCommand> _proposed = [];

    public SupervisorBench(int nodes, ControlOptions? options = null)
    {
        Machine = MapBuilder.Machine(nodes);
        Options = options ?? new ControlOptions();
        Supervisor = new Supervisor(Machine, Options);
        foreach (var node in Machine.Map.Nodes) Alive.Add(node.Id);
    }

    public ControlMachine Machine { get; }

    public ControlOptions Options { get; }

    public Supervisor Supervisor { get; }

    public long Milliseconds { get; private set; } = 10_000;

    public StepTime Now => new(Milliseconds * StepTime.NanosecondsPerMillisecond, 0);

    /// <summary>Nodes that send heartbeats by themselves while time runs.</summary>
    public HashSet<NodeId> Alive { get; } = [];

    public Dictionary<NodeId, int> Stall { get; } = [];

    /// <summary>What each replica reports; those not here follow the map at once, with this log.</summary>
    public Dictionary<(NodeId, GroupId), GroupBeat> Says { get; } = [];

    public Dictionary<NodeId, HeartbeatReply> Answers { get; } = [];

    /// <summary>All commands proposed so far.</summary>
    public List<ControlCommand> Proposed { get; } = [];

    /// <summary>False: proposals stay on their way.</summary>
    public bool Applies { get; set; } = true;

    public ReplicaReport Log(GroupId group, long lastIndex, long lastEpoch = 1) =>
        new(Machine.Of(group).Epoch, new(lastEpoch), new(lastIndex), new(lastIndex), false);

    public HeartbeatReply? Beat(NodeId node, bool isCurrent = true)
    {
        var beats = new List<GroupBeat>();
        foreach (var group in Machine.Map.Groups.Where(g => g.Configuration.Contains(node)))
        {
            if (Says.GetValueOrDefault((node, group.Id)) is { } said) beats.Add(said);
            else beats.Add(new GroupBeat(
                group.Id, Log(group.Id, 10), Leads: !group.IsConfigured && group.Configuration.InSync[0] == node));
        }

        _sent[node] = Math.Max(Milliseconds, _sent.GetValueOrDefault(node) + 1);
        var heartbeat = new Heartbeat
        {
            Incarnation = 1,
            SentAt = _sent[node],
            LastSyncMilliseconds = Stall.GetValueOrDefault(node),
            Groups = beats,
        };
        var reply = Supervisor.OnHeartbeat(node, heartbeat, Now, isCurrent);
        if (reply is not null) Answers[node] = reply;
        return reply;
    }

    public void Run(int milliseconds)
    {
        for (var end = Milliseconds + milliseconds; Milliseconds < end;)
        {
            Milliseconds += 10;
            if (Milliseconds % Options.HeartbeatMilliseconds == 0) foreach (var node in Alive.OrderBy(n => n.Value)) Beat(node);
            Supervisor.OnTick(Now);
            Supervisor.TakeProposals(_proposed);
            Proposed.AddRange(_proposed);
            if (!Applies) continue;
            foreach (var command in _proposed) Machine.Do(command);
            _proposed.Clear();
        }
    }

    /// <summary>Elected, and the wait that follows is over.</summary>
    public SupervisorBench Started()
    {
        Supervisor.OnElected(Now);
        Run(2000);
        return this;
    }

    public bool Grants(NodeId node, GroupId group) => Beat(node)!.Grants.Any(g => g.Group == group);

    /// <summary>Milliseconds until it is so, at most <paramref name="most"/>.</summary>
    public int RunUntil(Func<bool> isSo, int most = 30_000)
    {
        for (var ms = 0; ms < most; ms += 10)
        {
            if (isSo()) return ms;
            Run(10);
        }

        Assert.Fail($"not within {most} ms: {Machine.Text()}\n{string.Join('\n', Proposed)}");
        return -1;
    }
}
