using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>
/// The control plane's word as this replica has accepted it. From the moment of acceptance it takes no part in older
/// epochs; it takes part in the new one when the record is durable. A head that ordered before that, and forgot its
/// acceptance in a crash, would accept the epoch again and give one (epoch, index) to two entries.
/// </summary>
internal sealed class AcceptedEpoch(NodeId self, ChainOptions options, ChainRules rules, Step step)
{
    private const byte HasStateFlag = 1;
    private const byte MemoryFlag = 2;
    private const int MaxMembers = 1024;

    private readonly bool _durable = options.Durable;
    private bool _isFresh;

    /// <summary>This node.</summary>
    public NodeId Self { get; } = self;

    public ChainRules Rules { get; } = rules;

    /// <summary>As the replica was made, and as the rule of the epoch says in which it takes part.</summary>
    public ChainOptions Options { get; private set; } = options;

    /// <summary>The newest configuration, maybe not durable yet; null before the first.</summary>
    public GroupConfiguration? Newest { get; private set; }

    /// <summary>The newest epoch that is durable.</summary>
    public Epoch DurableEpoch { get; private set; }

    /// <summary>When <see cref="Newest"/> is durable.</summary>
    public PersistPoint Point { get; private set; }

    /// <summary>The newest epoch was accepted in this life. A head or tail that was restarted does not know what it did in
    /// its epoch before (which indices it gave away, whom it let into the chain): it waits for another.</summary>
    public bool IsFresh => _isFresh || !Rules.WaitsAfterRestart;

    /// <summary>The log and the state hold what this replica ever acknowledged. False for one that is empty, or that kept
    /// entries in memory only and was restarted.</summary>
    public bool HasState { get; private set; }

    /// <summary>On this node's monotonic clock; of <see cref="Newest"/>.</summary>
    public long LeaseUntil { get; private set; } = long.MinValue;

    /// <summary>The lease of <see cref="Newest"/> holds at this step.</summary>
    public bool HasLease => HasLeaseAt(step.Now);

    public bool HasLeaseAt(StepTime now) => Rules.IsLeaseValid(LeaseUntil, now.Nanoseconds);

    public Epoch Epoch => Newest?.Epoch ?? default;

    /// <summary>What the newest record says is durable: this replica may take its part.</summary>
    public bool IsSettled { get; private set; }

    /// <returns>False: it is not newer.</returns>
    public bool TryAccept(GroupConfiguration configuration, bool logIsEmpty)
    {
        if (configuration.Epoch <= Epoch) return false;
        var isFirst = Newest is null;
        Newest = configuration;
        _isFresh = true;
        IsSettled = false;
        LeaseUntil = long.MinValue;
        // The group is born with all its replicas empty. Later an empty replica lacks something, whatever it is called.
        if (isFirst && configuration.Epoch.Value == 1 && logIsEmpty && configuration.InSync.Contains(Self)) HasState = true;
        SaveAgain();
        return true;
    }

    /// <summary>A learner's log has reached what the chain had committed.</summary>
    public void NoteState()
    {
        if (HasState) return;
        HasState = true;
        SaveRecord();
    }

    /// <summary>A life that keeps entries in memory only begins: a later one must know before this one acts.</summary>
    public void BeginLife()
    {
        if (!_durable && Newest is not null) SaveAgain();
        else IsSettled = true;
    }

    /// <returns>True when the newest epoch has become durable.</returns>
    public bool OnPersisted(PersistPoint point)
    {
        if (IsSettled || Point > point || Newest is null) return false;
        DurableEpoch = Epoch;
        IsSettled = true;
        return true;
    }

    public void Extend(Epoch epoch, long untilNanoseconds)
    {
        if (epoch == Epoch) LeaseUntil = Math.Max(LeaseUntil, untilNanoseconds);
    }

    /// <summary>Writes the newest configuration (again).</summary>
    public PersistPoint SaveAgain() => Point = Newest is null ? Point : SaveRecord();

    /// <summary>This replica takes part in the newest epoch from now on, and so goes by its rule.</summary>
    public void TakeUpRule() => Options = Options.With(Newest?.Rule);

    public bool TryRecover(ReadOnlySpan<byte> record)
    {
        if (record.Length < 17) return false;
        var flags = record[0];
        var epoch = BinaryPrimitives.ReadInt64LittleEndian(record[1..]);
        var head = BinaryPrimitives.ReadInt32LittleEndian(record[9..]);
        var rest = record[13..];
        if (flags > (HasStateFlag | MemoryFlag) || epoch < Epoch.Value
            || !TryReadNodes(ref rest, out var inSync) || !TryReadNodes(ref rest, out var learners)) return false;
        var rule = default(GroupRule);
        if (!rest.IsEmpty && !GroupRule.TryRead(rest, out rule)) return false;
        Newest = new GroupConfiguration(new Epoch(epoch), new NodeId(head), inSync, learners) { Rule = rule };
        DurableEpoch = Epoch;
        HasState = flags == HasStateFlag;
        return true;
    }

    private PersistPoint SaveRecord()
    {
        var configuration = Newest!;
        var record =
            new byte[1 + 1 + 12 + 8 + (4 * (configuration.InSync.Count + configuration.Learners.Count))
                + (configuration.Rule is null ? 0 : GroupRule.EncodedLength)];
        record[0] = (byte)RecordKind.Accepted;
        record[1] = (byte)((HasState ? HasStateFlag : 0) | (_durable ? 0 : MemoryFlag));
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(2), configuration.Epoch.Value);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(10), configuration.Leader.Value);
        var rest = WriteNodes(record.AsSpan(14), configuration.InSync);
        rest = WriteNodes(rest, configuration.Learners);
        configuration.Rule?.Write(rest);
        return step.Out.Append(record);
    }

    private static Span<byte> WriteNodes(Span<byte> output, IReadOnlyList<NodeId> nodes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output, nodes.Count);
        for (var i = 0; i < nodes.Count; i++) BinaryPrimitives.WriteInt32LittleEndian(output[(4 + (4 * i))..], nodes[i].Value);
        return output[(4 + (4 * nodes.Count))..];
    }

    private static bool TryReadNodes(ref ReadOnlySpan<byte> input, out NodeId[] nodes)
    {
        nodes = [];
        if (!BinaryPrimitives.TryReadInt32LittleEndian(input, out var count)) return false;
        if (count is < 0 or > MaxMembers || input.Length < 4 + (4 * count)) return false;
        nodes = new NodeId[count];
        for (var i = 0; i < count; i++) nodes[i] = new NodeId(BinaryPrimitives.ReadInt32LittleEndian(input[(4 + (4 * i))..]));
        input = input[(4 + (4 * count))..];
        return true;
    }
}
