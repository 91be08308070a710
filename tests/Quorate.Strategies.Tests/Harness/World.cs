using System.Buffers;
using System.Text;
using Quorate.Replication;

namespace Quorate.Strategies.Tests.Harness;

/// <summary>What a strategy gives the harness: how to make a replica and how to read its messages.</summary>
internal interface IProtocol
{
    IReplica Create(NodeId self, IStateMachine machine, ISnapshots snapshots, long incarnation);

    bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message);
}

/// <summary>A message on its way, as bytes.</summary>
internal sealed record Envelope(NodeId From, NodeId To, ushort Kind, byte[] Body, string Text);

/// <summary>
/// Replicas of one group in one thread: every message waits until it is delivered, every record until it is synced.
/// The clock moves with ticks only.
/// </summary>
internal sealed class World(IProtocol protocol, int nodes)
{
    public Dictionary<NodeId, TestNode> Nodes { get; } = Enumerable.Range(1, nodes)
        .Select(i => new NodeId(i)).ToDictionary(id => id, id => new TestNode(id));

    public List<Envelope> Network { get; } = [];

    public StepTime Now { get; private set; } = new(1_000_000_000, 0);

    /// <summary>Now, by the wall clock of that node.</summary>
    public StepTime NowOf(TestNode node) => Now with { UnixMilliseconds = Now.UnixMilliseconds + node.ClockOffset };

    /// <summary>Told everything that happens, as a line.</summary>
    public Action<string> Trace { get; set; } = _ => { };

    /// <summary>Called after every step of a replica.</summary>
    public Action<TestNode> AfterStep { get; set; } = _ => { };

    /// <summary>Called for every command that is applied.</summary>
    public Action<TestNode, LogIndex, string> OnApplied { get; set; } = (_, _, _) => { };

    /// <summary>How many turns a command takes.</summary>
    public Func<string, int> TurnsOf { get; set; } = _ => 1;

    /// <summary>Called at the moment a request is answered.</summary>
    public Action<TestNode, RequestId, OutcomeKind> OnReply { get; set; } = (_, _, _) => { };

    public TestNode this[int id] => Nodes[new NodeId(id)];

    public void StartAll()
    {
        foreach (var node in Nodes.Values) Start(node);
    }

    public void Start(TestNode node)
    {
        node.Incarnation++;
        node.IsUp = true;
        var effects = new NodeEffects(this, node);
        node.Machine = new ListMachine((index, text, request) =>
        {
            OnApplied(node, index, text);
            Trace($"{node.Id} applies {index} {text}{(request.IsNone ? "" : $" for {request}")}");
            if (!request.IsNone) node.Outcomes[request.Value] = "Applied";
        }, text => (node.TurnsOf ?? TurnsOf)(text));
        node.Effects = effects;
        node.Replica = protocol.Create(node.Id, node.Machine, node.Disk, node.Incarnation);
        foreach (var (point, record) in node.Disk.Records)
        {
            if (!node.Replica.Recover(record, point)) throw new InvalidOperationException($"{node.Id} refuses its journal");
        }

        Step(node, r => r.Start(NowOf(node), effects));
    }

    /// <summary>The process is gone, what it wrote stays with the operating system.</summary>
    public void Crash(TestNode node)
    {
        node.IsUp = false;
        node.Held.Clear();
        node.Disk.Sync();
        node.Disk.DropUnfinished();
    }

    /// <summary>Power loss: what was not synced is gone.</summary>
    public void CrashAndLoseUnsynced(TestNode node)
    {
        node.IsUp = false;
        node.Held.Clear();
        node.Disk.LoseUnsynced();
    }

    public void Advance(long milliseconds) =>
        Now = new StepTime(
            Now.Nanoseconds + (milliseconds * StepTime.NanosecondsPerMillisecond), Now.UnixMilliseconds + milliseconds);

    public void Tick(TestNode node) => Step(node, r => r.OnTick(NowOf(node), node.Effects));

    public void TickAll(int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            Advance(IReplica.TickLength);
            foreach (var node in Nodes.Values) Tick(node);
        }
    }

    public void Request(
        TestNode node, long id, RequestKind kind, ReadOnlySpan<byte> payload = default, NodeId target = default,
        ulong keyHash = 0)
    {
        if (!node.IsUp) return;
        var request = new ReplicaRequest
        {
            Id = new RequestId(id),
            Kind = kind,
            Payload = payload,
            Target = target,
            KeyHash = keyHash,
        };
        node.Replica.OnRequest(request, NowOf(node), node.Effects);
        Step(node, _ => { });
    }

    public void Write(TestNode node, long id, string text) =>
        Request(node, id, RequestKind.Write, Encoding.UTF8.GetBytes(text), keyHash: KeyHash(text));

    /// <summary>Of what stands before the "=", as in x=1; 0 (all keys) where there is none.</summary>
    public static ulong KeyHash(string text) =>
        text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? Hash.Of(Encoding.UTF8.GetBytes(text[..at])) : 0;

    /// <summary>Any other input.</summary>
    public void Do(TestNode node, Action<IReplica> input) => Step(node, input);

    public void Deliver(Envelope envelope)
    {
        Network.Remove(envelope);
        var node = Nodes[envelope.To];
        if (!node.IsUp) return;
        if (!protocol.TryDecode(envelope.Kind, envelope.Body, out var message))
            throw new InvalidOperationException($"cannot decode {envelope.Text}");
        Step(node, r => r.OnMessage(envelope.From, message!, NowOf(node), node.Effects));
    }

    /// <summary>Hands a message in as if it came from <paramref name="from"/>.</summary>
    public void Inject(int from, int to, Message message)
    {
        var body = new ArrayBufferWriter<byte>();
        message.Encode(body);
        Deliver(new Envelope(new NodeId(from), new NodeId(to), message.Kind, body.WrittenSpan.ToArray(), message.ToString()!));
    }

    /// <summary>What is on its way from one node to another, decoded, oldest first.</summary>
    public List<T> Sent<T>(int from, int to)
        where T : Message
    {
        var found = new List<T>();
        foreach (var envelope in Network.Where(e => e.From.Value == from && e.To.Value == to))
        {
            if (protocol.TryDecode(envelope.Kind, envelope.Body, out var message) && message is T wanted) found.Add(wanted);
        }

        return found;
    }

    /// <summary>Makes everything durable that the node has written.</summary>
    public void Sync(TestNode node)
    {
        if (!node.IsUp) return;
        while (node.Disk.Durable < node.Disk.Last || node.Disk.Sealing is not null)
        {
            if (node.Disk.Sealing is { } index)
            {
                node.Disk.FinishSnapshot(saved: true);
                node.Replica.OnSnapshotSealed(index, true, NowOf(node), node.Effects);
            }

            node.Disk.Sync();
            node.ReleaseHeld();
            node.Replica.OnPersisted(node.Disk.Durable, NowOf(node), node.Effects);
            node.Replica.OnTurnEnd(NowOf(node), node.Effects);
            AfterStep(node);
        }
    }

    /// <summary>Delivers until nothing is on its way.</summary>
    public void Stabilize(Func<Envelope, bool>? passes = null)
    {
        for (var i = 0; i < 1000 && Network.Count > 0; i++)
        {
            if (passes?.Invoke(Network[0]) == false) Network.RemoveAt(0);
            else Deliver(Network[0]);
        }
    }

    /// <summary>Ticks and delivers until somebody leads and everybody up knows.</summary>
    public TestNode ElectAny(int maxTicks = 1000)
    {
        for (var i = 0; i < maxTicks; i++)
        {
            TickAll();
            Stabilize();
            var leaders = Nodes.Values.Where(n => n.IsUp && n.Replica.IsLeader).ToList();
            if (leaders.Count == 1 && Nodes.Values.All(n => !n.IsUp || n.Replica.Leader == leaders[0].Id)) return leaders[0];
        }

        throw new InvalidOperationException("nobody was elected");
    }

    /// <summary>Ticks one node alone until it stands for election.</summary>
    public void Campaign(TestNode node)
    {
        var before = Network.Count;
        for (var i = 0; i < 200; i++)
        {
            Advance(IReplica.TickLength);
            Tick(node);
            if (node.Replica.IsLeader || Network.Skip(before).Any(e => e.From == node.Id)) return;
        }
    }

    /// <summary>One input of any kind, the end of the turn with it, and the disk if it is quick.</summary>
    public void Step(TestNode node, Action<IReplica> input)
    {
        if (!node.IsUp) return;
        input(node.Replica);
        node.Replica.OnTurnEnd(NowOf(node), node.Effects);
        AfterStep(node);
        if (node.SyncsAtOnce) Sync(node);
    }

    private sealed class NodeEffects(World world, TestNode node) : Effects
    {
        private readonly ArrayBufferWriter<byte> _buffer = new();

        public override PersistPoint Append(ReadOnlySpan<byte> record) => node.Disk.Append(record);

        public override void Send(NodeId to, Message message, PersistPoint after = default)
        {
            if (after > node.Disk.Durable)
            {
                node.Held.Add((after, () => Out(to, message)));
                return;
            }

            Out(to, message);
        }

        public override void Reply(RequestId request, in Outcome outcome, PersistPoint after = default)
        {
            if (after > node.Disk.Durable)
            {
                var later = outcome;
                node.Held.Add((after, () => Reply(request, later)));
                return;
            }

            var text = outcome.Kind + (outcome.Kind == OutcomeKind.NotLeader
                ? $" hint {outcome.Hint}" : outcome.Why is null ? "" : $": {outcome.Why}");
            if (node.Outcomes.TryGetValue(request.Value, out var earlier))
                throw new InvalidOperationException($"{request} has two outcomes, {earlier} and {text}");
            node.Outcomes[request.Value] = text;
            world.OnReply(node, request, outcome.Kind);
            world.Trace($"{node.Id} replies {request} {text}");
        }

        public override void Release(PersistPoint point) => node.Disk.Release(point);

        private void Out(NodeId to, Message message)
        {
            _buffer.ResetWrittenCount();
            message.Encode(_buffer);
            var envelope = new Envelope(node.Id, to, message.Kind, _buffer.WrittenSpan.ToArray(), message.ToString()!);
            if (!world.Nodes.ContainsKey(to)) return;
            world.Network.Add(envelope);
            world.Trace($"{node.Id}->{to} {envelope.Text}");
        }
    }
}

/// <summary>One node of the world.</summary>
internal sealed class TestNode(NodeId id)
{
    public NodeId Id { get; } = id;

    public Disk Disk { get; } = new();

    public bool IsUp { get; set; }

    /// <summary>False: what it writes is durable only on <see cref="World.Sync"/>.</summary>
    public bool SyncsAtOnce { get; set; } = true;

    public long Incarnation { get; set; }

    /// <summary>How much its wall clock is ahead of the world's, in milliseconds.</summary>
    public long ClockOffset { get; set; }

    public IReplica Replica { get; set; } = null!;

    public Effects Effects { get; set; } = null!;

    public ListMachine Machine { get; set; } = null!;

    /// <summary>How many turns a command takes here; null: as everywhere.</summary>
    public Func<string, int>? TurnsOf { get; set; }

    /// <summary>How requests ended, by id; "Applied" for writes.</summary>
    public Dictionary<long, string> Outcomes { get; } = [];

    public List<(PersistPoint After, Action Send)> Held { get; } = [];

    public void ReleaseHeld()
    {
        var ready = Held.Where(h => h.After <= Disk.Durable).ToList();
        Held.RemoveAll(h => h.After <= Disk.Durable);
        foreach (var (_, send) in ready) send();
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        Replica.Describe(text);
        return text.ToString();
    }
}
