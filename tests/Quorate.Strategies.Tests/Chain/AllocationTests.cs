using System.Buffers;
using Quorate.Replication;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Chain;

public sealed class AllocationTests
{
    private const int Batch = 1000;

    [Fact]
    public void A_write_through_a_chain_of_two_allocates_nothing_of_its_own()
    {
        var wires = new List<Wire>();
        for (var n = 1; n <= 2; n++) wires.Add(new Wire(new NodeId(n), wires));
        var now = new StepTime(1, 1);
        var configuration = new GroupConfiguration(new Epoch(1), new NodeId(1), [new NodeId(1), new NodeId(2)], []);
        foreach (var wire in wires)
        {
            wire.Replica.Start(now, wire);
            wire.Replica.OnConfiguration(configuration, now, wire);
            wire.Persist(now);
            wire.Replica.OnLease(configuration.Epoch, long.MaxValue, now, wire);
        }

        Pump(wires, now);
        for (var i = 0; i < 200; i++) Write(wires, ref now);
        // From here on the log's memory goes round.
        var applied = wires[0].Machine.Applied;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 50; i++) Write(wires, ref now);
        var perWrite = (GC.GetAllocatedBytesForCurrentThread() - before) / (50.0 * Batch);
        (wires[0].Machine.Applied - applied).ShouldBe(50 * Batch);
        wires[1].Machine.Applied.ShouldBe(wires[0].Machine.Applied);
        TestContext.Current.TestOutputHelper?.WriteLine($"{perWrite} bytes a write");
        perWrite.ShouldBeLessThan(4, "what is allocated belongs to messages, not to writes");
    }

    private static void Write(List<Wire> wires, ref StepTime now)
    {
        now = new StepTime(now.Nanoseconds + (20 * StepTime.NanosecondsPerMillisecond), now.UnixMilliseconds + 20);
        Span<byte> payload = stackalloc byte[40];
        for (var i = 0; i < Batch; i++)
        {
            var request = new ReplicaRequest
            {
                Id = new RequestId(i + 1),
                Kind = RequestKind.Write,
                Payload = payload,
                KeyHash = (ulong)i + 1,
            };
            wires[0].Replica.OnRequest(request, now, wires[0]);
        }

        Pump(wires, now);
    }

    private static void Pump(List<Wire> wires, StepTime now)
    {
        var ticks = 0;
        for (var quiet = 0; quiet < 2;)
        {
            var moved = false;
            foreach (var wire in wires)
            {
                wire.Replica.OnTurnEnd(now, wire);
                moved |= wire.Persist(now);
                wire.Replica.OnTurnEnd(now, wire);
                moved |= wire.Deliver(now);
            }

            quiet = moved ? 0 : quiet + 1;
            if (moved || ++ticks > 10) continue;
            foreach (var wire in wires) wire.Replica.OnTick(now, wire);
            quiet = ticks > 6 ? quiet : 0;
        }
    }

    /// <summary>One replica with a journal that forgets and a queue of bytes to it.</summary>
    private sealed class Wire : Effects
    {
        private readonly NodeId _self;
        private readonly List<Wire> _all;
        private readonly ArrayBufferWriter<byte>[] _inboxes = [new(1 << 20), new(1 << 20)];
        private readonly List<(NodeId From, ushort Kind, int Start, int Length)>[] _mail = [[], []];
        private int _filling;
        private long _appended;
        private long _durable;

        public Wire(NodeId self, List<Wire> all)
        {
            (_self, _all) = (self, all);
            Replica = new ChainReplica(self, new ChainOptions(), Machine, new Disk(), 1);
        }

        public CountingMachine Machine { get; } = new();

        public ChainReplica Replica { get; }

        public override PersistPoint Append(ReadOnlySpan<byte> record) => new(++_appended);

        public override void Send(NodeId to, Message message, PersistPoint after = default)
        {
            var wire = _all[to.Value - 1];
            var inbox = wire._inboxes[wire._filling];
            var start = inbox.WrittenCount;
            message.Encode(inbox);
            wire._mail[wire._filling].Add((_self, message.Kind, start, inbox.WrittenCount - start));
        }

        public override void Reply(RequestId request, in Outcome outcome, PersistPoint after = default) =>
            throw new InvalidOperationException($"{request} {outcome}");

        public override void Release(PersistPoint point)
        {
        }

        public bool Persist(StepTime now)
        {
            if (_durable == _appended) return false;
            _durable = _appended;
            Replica.OnPersisted(new PersistPoint(_durable), now, this);
            return true;
        }

        public bool Deliver(StepTime now)
        {
            var at = _filling;
            if (_mail[at].Count == 0) return false;
            _filling = 1 - at;
            foreach (var (from, kind, start, length) in _mail[at])
            {
                ChainCodec.TryDecode(kind, _inboxes[at].WrittenMemory.Slice(start, length), out var message).ShouldBeTrue();
                Replica.OnMessage(from, message!, now, this);
            }

            _mail[at].Clear();
            _inboxes[at].ResetWrittenCount();
            return true;
        }
    }

    private sealed class CountingMachine : IStateMachine
    {
        public long Applied { get; private set; }

        public bool Apply(LogIndex index, ReadOnlySpan<byte> payload, RequestId request)
        {
            Applied++;
            return true;
        }

        public ISnapshotSource BeginSnapshot() => throw new NotSupportedException();

        public ISnapshotTarget BeginRestore() => throw new NotSupportedException();
    }
}
