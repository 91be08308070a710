using System.Buffers;
using System.Buffers.Binary;
using Quorate.Cluster.Journal;
using Quorate.Cluster.Sessions;
using Quorate.Cluster.Tests.Journal;
using Quorate.Cluster.Turns;
using Quorate.Replication;

namespace Quorate.Cluster.Tests;

/// <summary>One node's world: the real journal on files in memory, notes, and what waits to be sent.</summary>
internal sealed class LocalHost(LocalCluster cluster, NodeOptions options) : INodeHost
{
    private readonly SortedDictionary<int, ArrayBufferWriter<byte>> _outputs = [];
    private readonly Dictionary<string, byte[]> _notes = [];
    private readonly Dictionary<GroupId, LocalSnapshots> _snapshots = [];
    private readonly FaultyFiles _files = new();
    private readonly Prng _prng = new((ulong)options.Self.Value);
    private NodeJournal? _journal;
    private bool _turn;
    private long _incarnation = options.Incarnation;

    public int Id => options.Self.Value;

    /// <summary>Null while the node is down.</summary>
    public Node? Node { get; private set; }

    public void Start()
    {
        Node.ShouldBeNull();
        var node = new Node(options with { Incarnation = ++_incarnation }, this);
        var recovery = NodeJournal.Open(_files, new JournalOptions { SegmentLength = 1 << 16, Salt = 7 }, node.Recover);
        recovery.Refusal.ShouldBeNull();
        (_journal, Node) = (recovery.Journal, node);
        node.Start(cluster.Now);
    }

    public void Kill()
    {
        Node.ShouldNotBeNull();
        (Node, _journal, _turn) = (null, null, false);
        _outputs.Clear();
        _files.Crash(_prng);
    }

    public PersistPoint AppendToJournal(GroupId group, ReadOnlySpan<byte> record) => _journal!.Append(group, record);

    public void ReleaseJournal(GroupId group, PersistPoint point) => _journal!.Release(group, point);

    public ReadOnlyMemory<byte> ReadNote(string name) => _notes.GetValueOrDefault(name);

    public void WriteNote(string name, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0) _notes.Remove(name);
        else _notes[name] = bytes.ToArray();
    }

    public void ForgetGroup(GroupId group) => _snapshots.Remove(group);

    public IBufferWriter<byte>? OutputTo(NodeId peer)
    {
        if (!_outputs.TryGetValue(peer.Value, out var output)) _outputs[peer.Value] = output = new ArrayBufferWriter<byte>();
        return output;
    }

    public ISnapshots SnapshotsOf(GroupId group)
    {
        if (!_snapshots.TryGetValue(group, out var snapshots)) _snapshots.Add(group, snapshots = new LocalSnapshots());
        return snapshots;
    }

    public void OnSessionOutput(IClient client)
    {
    }

    public void RequestTurnEnd() => _turn = true;

    /// <summary>Ends the turn, writes the journal, sends. False: there was nothing to do.</summary>
    public bool Pump()
    {
        if (Node is null) return false;
        var moved = _turn;
        if (_turn)
        {
            _turn = false;
            Node.OnTurnEnd(cluster.Now);
        }

        if (_journal!.TakeBatch() is { } batch)
        {
            moved = true;
            _journal.Write(batch, sync: true).ShouldBeTrue(_journal.Why);
            Node.OnPersisted(_journal.Complete(batch), cluster.Now);
        }

        foreach (var (group, snapshots) in _snapshots.ToList())
        {
            if (!snapshots.TryTakeSealed(out var index)) continue;
            moved = true;
            Node.OnSnapshotSealed(group, index, saved: true, cluster.Now);
        }

        return moved | Send();
    }

    private bool Send()
    {
        var moved = false;
        foreach (var (peer, output) in _outputs)
        {
            if (output.WrittenCount == 0) continue;
            moved = true;
            var bytes = output.WrittenSpan.ToArray();
            output.ResetWrittenCount();
            for (var at = 0; at < bytes.Length;)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
                cluster.Deliver(Id, peer, bytes.AsMemory(at + 4, length));
                at += 4 + length;
            }
        }

        return moved;
    }
}
