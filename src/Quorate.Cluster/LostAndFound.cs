using System.Buffers;
using Quorate.Cluster.Control;
using Quorate.Replication;

namespace Quorate.Cluster;

/// <summary>One entry that a fail-over cut off.</summary>
internal sealed record LostEntry(Epoch MadeIn, LogIndex Index, byte[] Payload);

/// <summary>
/// What this node's replicas held and the history chosen at a fail-over lacks. An entry goes to the journal first, before
/// the record that forgets it there, under the negative id of its group; with the next tick all of a group's entries go
/// to a note and the journal lets them go.
/// </summary>
internal sealed class LostAndFound(Node node)
{
    /// <summary>Bytes kept for one group; what comes beyond is counted, and said to be gone.</summary>
    public const long MostBytes = 256L << 20;

    private readonly SortedList<int, Drawer> _drawers = [];

    public ILostAndFound Of(GroupId group) => DrawerOf(group);

    public IReadOnlyList<LostEntry> EntriesOf(GroupId group) => DrawerOf(group).Entries;

    public long GoneOf(GroupId group) => DrawerOf(group).Gone;

    /// <summary>A record under a negative id, read back.</summary>
    public bool Recover(GroupId id, ReadOnlySpan<byte> record)
    {
        var reader = new FieldReader(record);
        var drawer = DrawerOf(new GroupId(-id.Value));
        return drawer.TryTake(ref reader);
    }

    public void OnTick()
    {
        foreach (var drawer in _drawers.Values) drawer.WriteDown();
    }

    /// <summary>Somebody has looked at a group's entries and needs them no more.</summary>
    public void Clear(GroupId group) => DrawerOf(group).Clear();

    private Drawer DrawerOf(GroupId group)
    {
        if (!_drawers.TryGetValue(group.Value, out var drawer)) _drawers.Add(group.Value, drawer = new Drawer(node, group));
        return drawer;
    }

    private sealed class Drawer : ILostAndFound
    {
        private readonly Node _node;
        private readonly GroupId _stream;
        private readonly string _note;
        private PersistPoint _last;
        private long _bytes;
        private bool _isDirty;

        public Drawer(Node node, GroupId group)
        {
            (_node, _stream) = (node, new GroupId(-group.Value));
            _note = System.FormattableString.Invariant($"lost-g{group.Value}");
            var reader = new FieldReader(node.Host.ReadNote(_note).Span);
            while (reader.Rest > 0 && TryTake(ref reader))
            {
            }

            _isDirty = false;
        }

        private readonly HashSet<(Epoch, LogIndex)> _known = [];

        public List<LostEntry> Entries { get; } = [];

        public long Gone { get; private set; }

        public void Keep(Epoch madeIn, LogIndex index, ReadOnlySpan<byte> payload)
        {
            var output = new ArrayBufferWriter<byte>();
            Write(output, new LostEntry(madeIn, index, payload.ToArray()));
            _last = _node.Host.AppendToJournal(_stream, output.WrittenSpan);
            var reader = new FieldReader(output.WrittenSpan);
            TryTake(ref reader);
        }

        public bool TryTake(ref FieldReader reader)
        {
            var (epoch, index, length) = (reader.Epoch(), new LogIndex(reader.Natural()), reader.Between(0, int.MaxValue));
            var payload = reader.Bytes(length);
            if (reader.HasFailed) return false;
            if (!_known.Add((epoch, index))) return true; // in the note and in the journal
            _isDirty = true;
            if (_bytes + length > MostBytes) Gone++;
            else Entries.Add(new LostEntry(epoch, index, payload));
            _bytes += length;
            return true;
        }

        public void WriteDown()
        {
            if (!_isDirty) return;
            _isDirty = false;
            var output = new ArrayBufferWriter<byte>();
            foreach (var entry in Entries) Write(output, entry);
            _node.Host.WriteNote(_note, output.WrittenSpan);
            if (_last.Value > 0) _node.Host.ReleaseJournal(_stream, new PersistPoint(_last.Value + 1));
        }

        public void Clear()
        {
            Entries.Clear();
            _known.Clear();
            (_bytes, Gone) = (0, 0);
            _node.Host.WriteNote(_note, default);
        }

        private static void Write(IBufferWriter<byte> output, LostEntry entry)
        {
            var writer = new FieldWriter(output);
            writer.Int64(entry.MadeIn.Value);
            writer.Int64(entry.Index.Value);
            writer.Int32(entry.Payload.Length);
            output.Write(entry.Payload);
        }
    }
}
