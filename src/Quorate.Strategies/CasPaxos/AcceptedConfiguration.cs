using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// The control plane's word as this replica has accepted it. From then on it takes no part in older epochs; it takes part in
/// the new one when the record is durable. As ballots begin with the epoch, accepting one is promising it for all registers.
/// </summary>
internal sealed class AcceptedConfiguration(CasPaxosOptions options)
{
    private const byte HasStateFlag = 1;
    private const byte MemoryFlag = 2;
    private const int MaxMembers = 64;

    private NodeId[] _members = [];

    /// <summary>The newest, maybe not durable yet; null before the first.</summary>
    public GroupConfiguration? Newest { get; private set; }

    public Epoch Epoch => Newest?.Epoch ?? default;

    public Epoch DurableEpoch { get; private set; }

    public PersistPoint Point { get; private set; }

    /// <summary>The newest record is durable.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>The registers hold what this replica ever promised and accepted. False for one that lost them, or never had
    /// them.</summary>
    public bool HasState { get; private set; }

    /// <summary>The acceptors of keys, by the newest configuration that named members; null before the first.</summary>
    public AcceptorSet? Acceptors { get; private set; }

    /// <summary>Configurations refused because they name other members.</summary>
    public int Refused { get; private set; }

    /// <returns>False: it is not newer, or names other members than the first: see <see cref="CasPaxos"/>.</returns>
    public bool TryAccept(GroupConfiguration configuration, NodeId self, bool isEmpty, Effects effects)
    {
        if (configuration.Epoch <= Epoch) return false;
        NodeId[] members = [.. configuration.Members.Distinct().Order()];
        if (members.Length > MaxMembers
            || (_members.Length > 0 && members.Length > 0 && !members.AsSpan().SequenceEqual(_members)))
        {
            Refused++;
            return false;
        }

        var isFirst = Newest is null;
        Take(configuration, members);
        IsSettled = false;
        // The group is born with all its replicas empty. Later an empty replica lacks something, whatever it is called.
        if (isFirst && configuration.Epoch.Value == 1 && isEmpty && configuration.InSync.Contains(self)) HasState = true;
        SaveAgain(effects);
        return true;
    }

    /// <summary>The registers hold all they must.</summary>
    public void NoteState(Effects effects)
    {
        HasState = true;
        IsSettled = false;
        SaveAgain(effects);
    }

    /// <summary>A life begins: one that keeps registers in memory only must be known as such before it acts.</summary>
    public void BeginLife(Effects effects)
    {
        if (options.Durable || Newest is null) IsSettled = true;
        else SaveAgain(effects);
    }

    /// <returns>True when the newest record has become durable.</returns>
    public bool OnPersisted(PersistPoint point)
    {
        if (IsSettled || Newest is null || Point > point) return false;
        DurableEpoch = Epoch;
        IsSettled = true;
        return true;
    }

    /// <summary>Writes the newest configuration (again).</summary>
    public PersistPoint SaveAgain(Effects effects)
    {
        if (Newest is null) return Point;
        var record = new ArrayBufferWriter<byte>();
        Packing.WriteByte(record, (byte)RecordKind.Configuration);
        Packing.WriteByte(record, (byte)((HasState ? HasStateFlag : 0) | (options.Durable ? 0 : MemoryFlag)));
        Packing.WriteNatural(record, Newest.Epoch.Value);
        WriteNodes(record, Newest.InSync);
        WriteNodes(record, Newest.Learners);
        WriteNodes(record, _members);
        Point = effects.Append(record.WrittenSpan);
        return Point;
    }

    public bool TryRecover(ReadOnlySpan<byte> record)
    {
        var reader = new PackedReader(record);
        if (!reader.TryByte(out var flags) || flags > (HasStateFlag | MemoryFlag) || !reader.TryNatural(out var epoch)
            || !TryReadNodes(ref reader, out var inSync) || !TryReadNodes(ref reader, out var learners)
            || !TryReadNodes(ref reader, out var members) || !reader.IsAtEnd) return false;
        if (epoch < Epoch.Value) return false;
        Take(new GroupConfiguration(new Epoch(epoch), NodeId.None, inSync, learners), members);
        DurableEpoch = Epoch;
        // What was kept in memory only died with that life.
        HasState = flags == HasStateFlag;
        return true;
    }

    private void Take(GroupConfiguration configuration, NodeId[] members)
    {
        Newest = configuration;
        if (members.Length == 0) return;
        _members = members;
        Acceptors = new AcceptorSet(members, options.Acceptors);
    }

    private static void WriteNodes(ArrayBufferWriter<byte> output, IReadOnlyList<NodeId> nodes)
    {
        Packing.WriteNatural(output, nodes.Count);
        foreach (var node in nodes) Packing.WriteNatural(output, node.Value);
    }

    private static bool TryReadNodes(ref PackedReader reader, out NodeId[] nodes)
    {
        nodes = [];
        if (!reader.TryCount(1, out var count) || count > MaxMembers) return false;
        nodes = new NodeId[count];
        for (var i = 0; i < count; i++) if (!reader.TryNode(out nodes[i])) return false;
        return true;
    }
}
