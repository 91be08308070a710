using System.Text;
using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Cluster.Peers;
using Quorate.Cluster.Sessions;
using Quorate.Cluster.Turns;
using Quorate.Replication;
using Quorate.Replication.Rows;
using Quorate.Resp;
using Quorate.Strategies;
using Quorate.Strategies.Raft;

namespace Quorate.Cluster.Tests;

/// <summary>Nodes wired together in memory, with time moved by hand: enough to test sessions and routing.</summary>
internal sealed class LocalCluster
{
    private readonly SortedDictionary<int, LocalHost> _hosts = [];
    private readonly HashSet<int> _paused = [];
    private readonly List<(int From, int To, byte[] Frame)> _waiting = [];
    private long _milliseconds = 1_000;

    /// <param name="control">The times of the control plane; null: nodes without one.</param>
    /// <param name="count">How many nodes.</param>
    /// <param name="durability">Their setting.</param>
    /// <param name="raft">Raft's settings; null: the usual.</param>
    /// <param name="adjust">Changes what a node is told when it starts.</param>
    public LocalCluster(
        int count, Durability durability = Durability.Fsync, ControlOptions? control = null, RaftOptions? raft = null,
        Func<NodeOptions, NodeOptions>? adjust = null)
    {
        var members = Enumerable.Range(1, count).Select(i => new Member(new NodeId(i), $"n{i}", $"p:{i}", $"r:{i}")).ToArray();
        foreach (var member in members)
        {
            var options = new NodeOptions
            {
                Self = member.Id,
                Members = members,
                Seed = (ulong)member.Id.Value,
                Incarnation = 0,
                Durability = durability,
                Control = control,
                Strategies = StrategyTable.All,
                Settings = StrategySettings.Usual.With(raft ?? new()),
            };
            _hosts[member.Id.Value] = new LocalHost(this, adjust?.Invoke(options) ?? options);
        }

        foreach (var host in _hosts.Values) host.Start();
    }

    /// <summary>Adds a node to the running cluster as its operator would: asks one of its nodes, and starts with what that
    /// says.</summary>
    /// <returns>Its id.</returns>
    public int Join(string name, int via = 1)
    {
        Await(Connect(via), $"NODE ADD {name} p:{name}").ShouldContain("founders 1=n1");
        var map = this[via].View.Map!;
        var self = map.Nodes.First(n => n.Name == name && n.State != NodeState.Removed).Id;
        var options = this[via].Options with
        {
            Self = self,
            Members = [.. this[via].View.Members.Select(m => m.Id == self ? m with { RespAddress = $"r:{name}" } : m)],
            FirstMembers = this[via].Options.Founders,
            Seed = (ulong)self.Value,
            Incarnation = 0,
        };
        _hosts[self.Value] = new LocalHost(this, options);
        _hosts[self.Value].Start();
        return self.Value;
    }

    public StepTime Now => new(_milliseconds * StepTime.NanosecondsPerMillisecond, 1_700_000_000_000 + _milliseconds);

    /// <summary>Pairs (from, to) between which nothing passes.</summary>
    public HashSet<(int From, int To)> Cut { get; } = [];

    /// <summary>Frames for which this says true are lost: from, to, kind.</summary>
    public Func<int, int, ushort, bool>? Drops { get; set; }

    /// <summary>Bytes of the longest frame that has arrived; a test may set it to 0 first.</summary>
    public int LongestFrame { get; set; }

    /// <summary>Nodes that are stopped: no time passes for them, and what comes waits.</summary>
    public IReadOnlySet<int> Paused => _paused;

    public Node this[int id] => _hosts[id].Node ?? throw new InvalidOperationException($"n{id} is down");

    public IReadOnlyCollection<int> Ids => _hosts.Keys;

    public IEnumerable<int> Up => _hosts.Values.Where(h => h.Node is not null).Select(h => h.Id);

    public int Leader => _hosts.Values.FirstOrDefault(h => h.Node is { Raft.IsLeader: true })?.Id ?? 0;

    public void ElectSomebody()
    {
        for (var i = 0; i < 1000 && (Leader == 0 || _hosts.Values.Any(h => h.Node is { Raft.Leader.IsNone: true })); i++) Tick();
        Leader.ShouldNotBe(0);
        for (var i = 0; i < 30; i++) Tick();
    }

    public int Follower => _hosts.Keys.First(id => id != Leader);

    public void Tick(int milliseconds = 10)
    {
        _milliseconds += milliseconds;
        foreach (var host in _hosts.Values)
            if (!_paused.Contains(host.Id)) host.Node?.OnTick(Now);
        Settle();
    }

    /// <summary>Moves time on until it is so; a minute of virtual time without it is a failure.</summary>
    public void Until(Func<bool> condition, string what)
    {
        for (var i = 0; i < 6000 && !condition(); i++) Tick();
        if (!condition()) throw new ShouldAssertException($"{what}\n{Describe()}");
    }

    private string Describe()
    {
        var text = new StringBuilder();
        foreach (var node in Up)
        {
            text.Append('n').Append(node).Append(": map v").Append(this[node].View.Map?.Version ?? 0).AppendLine();
            foreach (var group in this[node].Groups)
            {
                group.Describe(text);
                text.AppendLine();
            }
        }

        foreach (var group in this[Up.First()].View.Map?.Groups ?? [])
            text.Append(group.Id)
                .Append(' ').Append(group.Configuration).Append(" of ").Append(group.Policy.Replicas).AppendLine();
        return text.ToString();
    }

    public void Run(int milliseconds)
    {
        for (var i = 0; i < milliseconds; i += 10) Tick();
    }

    /// <summary>Nothing comes to the node or from it.</summary>
    public void Isolate(int node)
    {
        foreach (var other in Ids.Where(o => o != node))
        {
            Cut.Add((node, other));
            Cut.Add((other, node));
        }
    }

    /// <summary>As SIGSTOP does.</summary>
    public void Pause(int node) => _paused.Add(node);

    /// <summary>As SIGCONT does: what came meanwhile is there, and is taken in when everything settles.</summary>
    public void Resume(int node) => _paused.Remove(node);

    /// <summary>The process ends: what it had not made durable is gone, and so are its clients.</summary>
    public void Kill(int node) => _hosts[node].Kill();

    /// <summary>On what it had made durable.</summary>
    public void Restart(int node) => _hosts[node].Start();

    /// <summary>A frame arrives, or is lost because its receiver is down.</summary>
    public void Deliver(int from, int to, ReadOnlyMemory<byte> frame)
    {
        if (Cut.Contains((from, to)) || !_hosts.TryGetValue(to, out var host) || host.Node is not { } node) return;
        if (Drops is { } drops && PeerFrame.TryRead(frame, out var kind, out _, out _) && drops(from, to, kind)) return;
        LongestFrame = Math.Max(LongestFrame, frame.Length);
        if (_paused.Contains(to))
        {
            _waiting.Add((from, to, frame.ToArray()));
            return;
        }

        node.OnPeerFrame(new NodeId(from), frame, Now).ShouldBeTrue();
    }

    /// <summary>Delivers and persists until nothing moves.</summary>
    public void Settle()
    {
        for (var moved = true; moved;)
        {
            moved = false;
            foreach (var late in _waiting.Where(w => !_paused.Contains(w.To)).ToList())
            {
                _waiting.Remove(late);
                Deliver(late.From, late.To, late.Frame);
                moved = true;
            }

            foreach (var host in _hosts.Values)
                if (!_paused.Contains(host.Id)) moved |= host.Pump();
        }
    }

    public ClientSession Connect(int node) => this[node].Connect("c:1", "s:1", Now);

    public void Send(ClientSession session, string commands)
    {
        foreach (var line in commands.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ');
            var bytes = Encoding.UTF8.GetBytes(string.Concat(words));
            var ranges = new ArgRange[words.Length];
            var at = 0;
            for (var i = 0; i < words.Length; at += Encoding.UTF8.GetByteCount(words[i++]))
                ranges[i] = new ArgRange(at, Encoding.UTF8.GetByteCount(words[i]));
            session.Execute(new CommandArgs(bytes, ranges), Now);
        }
    }

    /// <summary>Sends, lets everything settle, and answers the raw replies with CR LF shown as a blank.</summary>
    public string Ask(ClientSession session, string commands)
    {
        Send(session, commands);
        Settle();
        return Take(session);
    }

    /// <summary>Sends, and moves time on until all is answered.</summary>
    public string Await(ClientSession session, string commands)
    {
        Send(session, commands);
        Settle();
        Until(() => session.PendingCount == 0, $"'{commands}' is never answered");
        return Take(session);
    }

    public static string Take(ClientSession session)
    {
        var text = Encoding.UTF8.GetString(session.Output.Written.Span).Replace("\r\n", " ", StringComparison.Ordinal).Trim();
        session.Output.Clear();
        return text;
    }
}
