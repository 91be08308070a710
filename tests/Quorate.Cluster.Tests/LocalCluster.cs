using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Tests;

/// <summary>Nodes wired together in memory, with time moved by hand: enough to test sessions and routing.</summary>
internal sealed class LocalCluster
{
    private readonly SortedDictionary<int, LocalHost> _hosts = [];
    private long _milliseconds = 1_000;

    /// <param name="count">How many nodes.</param>
    /// <param name="durability">Their setting.</param>
    /// <param name="adjust">Changes what a node is told when it starts.</param>
    public LocalCluster(int count, Durability durability = Durability.Fsync, Func<NodeOptions, NodeOptions>? adjust = null)
    {
        var members = Enumerable.Range(1, count).Select(i => new Member(new NodeId(i), $"n{i}", $"p:{i}", $"r:{i}")).ToArray();
        foreach (var member in members)
        {
            var host = new LocalHost(this);
            var options = new NodeOptions { Self = member.Id, Members = members, Seed = (ulong)member.Id.Value, Incarnation = 1, Durability = durability };
            host.Node = new Node(adjust?.Invoke(options) ?? options, host);
            _hosts[member.Id.Value] = host;
        }

        foreach (var host in _hosts.Values) host.Node.Start(Now);
    }

    public StepTime Now => new(_milliseconds * StepTime.NanosecondsPerMillisecond, 1_700_000_000_000 + _milliseconds);

    /// <summary>Pairs (from, to) between which nothing passes.</summary>
    public HashSet<(int From, int To)> Cut { get; } = [];

    public Node this[int id] => _hosts[id].Node;

    public int Leader => _hosts.Values.FirstOrDefault(h => h.Node.Raft.IsLeader)?.Node.Options.Self.Value ?? 0;

    public void ElectSomebody()
    {
        for (var i = 0; i < 1000 && (Leader == 0 || _hosts.Values.Any(h => h.Node.Raft.Leader.IsNone)); i++) Tick();
        Leader.ShouldNotBe(0);
        for (var i = 0; i < 30; i++) Tick();
    }

    public int Follower => _hosts.Keys.First(id => id != Leader);

    public void Tick(int milliseconds = 10)
    {
        _milliseconds += milliseconds;
        foreach (var host in _hosts.Values) host.Node.OnTick(Now);
        Settle();
    }

    /// <summary>Delivers and persists until nothing moves.</summary>
    public void Settle()
    {
        for (var moved = true; moved;)
        {
            moved = false;
            foreach (var host in _hosts.Values) moved |= host.Pump();
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
            for (var i = 0; i < words.Length; at += Encoding.UTF8.GetByteCount(words[i++])) ranges[i] = new ArgRange(at, Encoding.UTF8.GetByteCount(words[i]));
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

    public static string Take(ClientSession session)
    {
        var text = Encoding.UTF8.GetString(session.Output.Written.Span).Replace("\r\n", " ", StringComparison.Ordinal).Trim();
        session.Output.Clear();
        return text;
    }

    private sealed class LocalHost(LocalCluster cluster) : INodeHost
    {
        private readonly SortedDictionary<int, ArrayBufferWriter<byte>> _outputs = [];
        private long _appended;
        private long _persisted;
        private bool _turn;

        public Node Node { get; set; } = null!;

        public PersistPoint AppendToJournal(GroupId group, ReadOnlySpan<byte> record) => new(++_appended);

        public void ReleaseJournal(GroupId group, PersistPoint point)
        {
        }

        public IBufferWriter<byte>? OutputTo(NodeId peer)
        {
            if (!_outputs.TryGetValue(peer.Value, out var output)) _outputs[peer.Value] = output = new ArrayBufferWriter<byte>();
            return output;
        }

        public ISnapshots SnapshotsOf(GroupId group) => new NoSnapshots();

        public void OnSessionOutput(ClientSession session)
        {
        }

        public void RequestTurnEnd() => _turn = true;

        public bool Pump()
        {
            var moved = false;
            if (_turn)
            {
                _turn = false;
                moved = true;
                Node.OnTurnEnd(cluster.Now);
            }

            if (_persisted < _appended)
            {
                _persisted = _appended;
                moved = true;
                Node.OnPersisted(new PersistPoint(_persisted), cluster.Now);
            }

            foreach (var (peer, output) in _outputs)
            {
                if (output.WrittenCount == 0) continue;
                moved = true;
                var bytes = output.WrittenSpan.ToArray();
                output.ResetWrittenCount();
                if (cluster.Cut.Contains((Node.Options.Self.Value, peer))) continue;
                for (var at = 0; at < bytes.Length;)
                {
                    var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
                    cluster[peer].OnPeerFrame(Node.Options.Self, bytes.AsMemory(at + 4, length), cluster.Now).ShouldBeTrue();
                    at += 4 + length;
                }
            }

            return moved;
        }
    }

    private sealed class NoSnapshots : ISnapshots
    {
        public ISnapshotWriter Create(SnapshotHeader header) => throw new NotSupportedException("these tests write too little for a snapshot");

        public ISnapshotReader? OpenNewest() => null;
    }
}
