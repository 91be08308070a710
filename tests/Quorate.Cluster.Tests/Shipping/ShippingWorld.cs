using System.Buffers;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;
using Quorate.Strategies.Primary;

namespace Quorate.Cluster.Tests.Shipping;

/// <summary>Three replicas of one keyspace that ships state, wired in memory. The network loses what is cut off and what the dice
/// say; journals are durable when everything has been delivered.</summary>
internal sealed class ShippingWorld
{
    private static readonly CommandTable Table = new(CommandTable.Keyspace);

    private readonly Replica[] _replicas;
    private readonly Queue<(int From, int To, ushort Kind, byte[] Body)> _network = new();
    private readonly Prng _dice;
    private long _milliseconds = 1000;
    private long _epoch;
    private long _requests;
    private byte[] _entry = [];

    public ShippingWorld(ulong seed, PrimaryOptions options)
    {
        _dice = new Prng(seed);
        _replicas = [.. Enumerable.Range(1, 3).Select(id => new Replica(this, id, options))];
        foreach (var replica in _replicas) replica.Primary.Start(Now, replica);
    }

    public StepTime Now => new(_milliseconds * StepTime.NanosecondsPerMillisecond, 1_700_000_000_000 + _milliseconds);

    public HashSet<int> CutOff { get; } = [];

    /// <summary>Messages lost of a thousand.</summary>
    public int Loss { get; set; }

    /// <summary>How often each kind of message was delivered.</summary>
    public Dictionary<ushort, int> Delivered { get; } = [];

    public int Done { get; private set; }

    public int Unknown { get; private set; }

    public KeyspaceMachine this[int id] => _replicas[id - 1].Machine;

    public PrimaryReplica Primary(int id) => _replicas[id - 1].Primary;

    /// <summary>The control plane's word to all that can hear it.</summary>
    public void Lead(int leader, params int[] inSync)
    {
        var learners = Enumerable.Range(1, 3).Except(inSync).Select(i => new NodeId(i));
        var configuration = new GroupConfiguration(
            new Epoch(++_epoch), new NodeId(leader), [.. inSync.Select(i => new NodeId(i))], [.. learners]);
        foreach (var replica in _replicas)
        {
            if (CutOff.Contains(replica.Id)) continue;
            replica.Primary.OnConfiguration(configuration, Now, replica);
            if (replica.Id == leader) replica.Primary.OnLease(configuration.Epoch, long.MaxValue, Now, replica);
        }

        Settle();
    }

    public void Write(int id, long session, string line)
    {
        var words = line.Split(' ');
        var bytes = System.Text.Encoding.UTF8.GetBytes(string.Concat(words));
        var ranges = new ArgRange[words.Length];
        for (int i = 0, at = 0; i < words.Length; at += words[i++].Length) ranges[i] = new ArgRange(at, words[i].Length);
        var args = new CommandArgs(bytes, ranges);
        var length = session == 0
            ? EntryCodec.WriteCommand(ref _entry, Now.UnixMilliseconds, 0, 2, args)
            : EntryCodec.WriteSessionCommand(
                ref _entry, Now.UnixMilliseconds, 0, 2, session, _requests, Math.Max(0, _requests - 30), args);
        var request = new ReplicaRequest
        {
            Id = new RequestId(++_requests),
            Kind = RequestKind.Write,
            Payload = _entry.AsSpan(0, length),
        };
        _replicas[id - 1].Primary.OnRequest(request, Now, _replicas[id - 1]);
    }

    public void Tick(int count = 1)
    {
        for (; count > 0; count--)
        {
            _milliseconds += IReplica.TickLength;
            foreach (var replica in _replicas) replica.Primary.OnTick(Now, replica);
            Settle();
        }
    }

    public void Settle()
    {
        bool moved;
        do
        {
            moved = false;
            foreach (var replica in _replicas) moved |= replica.EndTurn();
            while (_network.TryDequeue(out var sent))
            {
                moved = true;
                if (CutOff.Contains(sent.From) || CutOff.Contains(sent.To) || _dice.Chance(Loss)) continue;
                PrimaryCodec.TryDecode(sent.Kind, sent.Body, out var message).ShouldBeTrue();
                Delivered[sent.Kind] = Delivered.GetValueOrDefault(sent.Kind) + 1;
                _replicas[sent.To - 1].Primary.OnMessage(new NodeId(sent.From), message!, Now, _replicas[sent.To - 1]);
                foreach (var replica in _replicas) replica.Primary.CheckInvariants();
            }
        }
        while (moved);
    }

    private sealed class Replica : Effects, IReplyRouter, ILostAndFound, ISnapshots
    {
        private readonly ShippingWorld _world;
        private readonly RespWriter _nobody = RespWriter.Discarding();
        private readonly HashSet<long> _answered = [];
        private readonly List<(PersistPoint After, Action Say)> _held = [];
        private Snapshot? _newest;
        private Snapshot? _sealing;
        private PersistPoint _appended;
        private PersistPoint _durable;

        public Replica(ShippingWorld world, int id, PrimaryOptions options)
        {
            (_world, Id) = (world, id);
            Machine = new KeyspaceMachine(Table, this);
            Primary = new PrimaryReplica(new NodeId(id), options, Machine, this, this, 1);
        }

        public int Id { get; }

        public KeyspaceMachine Machine { get; }

        public PrimaryReplica Primary { get; }

        public bool EndTurn()
        {
            Primary.OnTurnEnd(_world.Now, this);
            if (_sealing is { } snapshot)
            {
                (_newest, _sealing) = (snapshot, null);
                Primary.OnSnapshotSealed(snapshot.Header.Index, saved: true, _world.Now, this);
            }

            if (_durable == _appended) return false;
            _durable = _appended;
            var held = _held.ToArray();
            _held.Clear();
            foreach (var (_, say) in held) say();
            Primary.OnPersisted(_durable, _world.Now, this);
            return true;
        }

        public override PersistPoint Append(ReadOnlySpan<byte> record) => _appended = new PersistPoint(_appended.Value + 1);

        public override void Send(NodeId to, Message message, PersistPoint after)
        {
            var body = new ArrayBufferWriter<byte>();
            message.Encode(body);
            var sent = (Id, to.Value, message.Kind, body.WrittenSpan.ToArray());
            if (after <= _durable) _world._network.Enqueue(sent);
            else _held.Add((after, () => _world._network.Enqueue(sent)));
        }

        public override void Reply(RequestId request, in Outcome outcome, PersistPoint after)
        {
            if (outcome.Kind == OutcomeKind.Done) _world.Done++;
            if (outcome.Kind == OutcomeKind.Unknown) _world.Unknown++;
            (outcome.Kind is OutcomeKind.Done or OutcomeKind.Unknown)
                .ShouldBe(_answered.Remove(request.Value), "what was executed was answered early");
        }

        public override void Release(PersistPoint point)
        {
        }

        public RespWriter? Begin(RequestId request) =>
            throw new InvalidOperationException("nothing is applied as a command here");

        public void End(RequestId request)
        {
        }

        public RespWriter? BeginEarly(RequestId request) => _nobody;

        public void EndEarly(RequestId request) => _answered.Add(request.Value);

        public bool IsEarly(long session, long sequence) => false;

        public void Keep(Epoch madeIn, LogIndex index, ReadOnlySpan<byte> payload)
        {
        }

        public ISnapshotWriter Create(SnapshotHeader header) =>
            new Snapshot(header with { Extra = header.Extra.ToArray() }, s => _sealing = s);

        public ISnapshotReader? OpenNewest() => _newest;
    }

    private sealed class Snapshot(SnapshotHeader header, Action<Snapshot> seal) : ISnapshotWriter, ISnapshotReader
    {
        private readonly List<byte[]> _pieces = [];

        public bool IsReady => true;

        public SnapshotHeader Header => header;

        public int PieceCount => _pieces.Count;

        public void Append(ReadOnlySpan<byte> piece) => _pieces.Add(piece.ToArray());

        public void Seal() => seal(this);

        public bool TryRead(int piece, out ReadOnlyMemory<byte> bytes)
        {
            bytes = _pieces[piece];
            return true;
        }

        public void Dispose()
        {
        }
    }
}
