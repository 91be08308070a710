using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Cluster.Maps;

/// <summary>The map as pieces of whole records. It is encoded when it is begun: a map of the greatest size takes a few
/// megabytes, and later entries may then change it freely.</summary>
internal sealed class ControlSnapshotSource : ISnapshotSource
{
    public const byte Header = 1, NodeRecord = 2, KeyspaceRecord = 3, GroupRecord = 4;

    private readonly Queue<byte[]> _records = new();

    public ControlSnapshotSource(ClusterMap map, LogIndex lastApplied)
    {
        Add(Header, w =>
        {
            w.Int64(lastApplied.Value);
            w.Int64(map.Version);
            w.Policy(map.DefaultPolicy);
            w.Int32(map.LastGroup);
            w.Int32(map.LastKeyspace);
            w.Int32(map.RemovedUpTo);
            w.Int32(map.Nodes.Count);
            w.Int32(map.Keyspaces.Count);
            w.Int32(map.Groups.Count);
        });
        foreach (var node in map.Nodes) Add(NodeRecord, w => MapCodec.Write(w, node));
        foreach (var keyspace in map.Keyspaces) Add(KeyspaceRecord, w => MapCodec.Write(w, keyspace));
        foreach (var group in map.Groups) Add(GroupRecord, w => MapCodec.Write(w, group));
    }

    public bool WriteNext(IBufferWriter<byte> output, int budgetBytes)
    {
        var written = 0;
        while (_records.TryPeek(out var record) && (written == 0 || written + record.Length <= budgetBytes))
        {
            output.Write(_records.Dequeue());
            written += record.Length;
        }

        return _records.Count > 0;
    }

    public void Dispose() => _records.Clear();

    private void Add(byte kind, Action<FieldWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Byte(kind);
        write(writer);
        _records.Enqueue(output.WrittenSpan.ToArray());
    }
}

/// <summary>Takes those pieces into a map of their own and puts it in the machine's place at the end.</summary>
internal sealed class ControlSnapshotTarget(ControlMachine machine, StrategySet? strategies) : ISnapshotTarget
{
    private readonly ClusterMap _map = new();
    private LogIndex _lastApplied;
    private bool _hasHeader;
    private int _nodes, _keyspaces, _groups;

    public bool TryAccept(ReadOnlySpan<byte> piece)
    {
        var reader = new FieldReader(piece, strategies);
        while (reader.Rest > 0)
        {
            if (!TryAcceptRecord(ref reader)) return false;
        }

        return !reader.HasFailed;
    }

    public void Complete()
    {
        Invariant.Require(
            _hasHeader && _map.Nodes.Count == _nodes && _map.Keyspaces.Count == _keyspaces && _map.Groups.Count == _groups,
            "a snapshot is complete before it is put in place");
        machine.Replace(_map, _lastApplied);
    }

    private bool TryAcceptRecord(ref FieldReader reader)
    {
        var kind = reader.Byte();
        if ((kind == ControlSnapshotSource.Header) == _hasHeader) return false;
        switch (kind)
        {
            case ControlSnapshotSource.Header:
                _hasHeader = true;
                _lastApplied = new LogIndex(reader.Natural());
                _map.Version = reader.Natural();
                _map.DefaultPolicy = reader.Policy();
                _map.LastGroup = reader.Between(ControlMachine.LastReservedGroup, int.MaxValue);
                _map.LastKeyspace = reader.Between(ControlLimits.Databases, int.MaxValue);
                _map.RemovedUpTo = reader.Between(0, int.MaxValue);
                _nodes = reader.Between(0, ControlLimits.MostNodes + ControlLimits.MostRemovedNodes);
                _keyspaces = reader.Between(0, ControlLimits.MostKeyspaces);
                _groups = reader.Between(0, ControlLimits.MostGroups);
                return !reader.HasFailed;
            case ControlSnapshotSource.NodeRecord when _map.Nodes.Count < _nodes:
                var node = MapCodec.ReadNode(ref reader);
                if (reader.HasFailed) return false;
                _map.Put(node);
                return true;
            case ControlSnapshotSource.KeyspaceRecord when _map.Keyspaces.Count < _keyspaces:
                var keyspace = MapCodec.ReadKeyspace(ref reader);
                if (reader.HasFailed) return false;
                _map.Put(keyspace);
                return true;
            case ControlSnapshotSource.GroupRecord when _map.Groups.Count < _groups:
                var group = MapCodec.ReadGroup(ref reader);
                if (reader.HasFailed) return false;
                _map.Put(group);
                return true;
            default:
                return false;
        }
    }
}
