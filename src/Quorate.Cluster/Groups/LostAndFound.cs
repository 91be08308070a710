using System.Buffers;
using Quorate.Cluster.Hosting;
using Quorate.Cluster.Maps;
using Quorate.Data;
using Quorate.Data.Shipping;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Groups;

/// <summary>One entry that a fail-over cut off.</summary>
internal sealed record LostEntry(Epoch MadeIn, LogIndex Index, byte[] Payload)
{
    /// <summary>What would do it again: the command that it was, or those that lead to the state that it shipped; one without
    /// words when it is neither, or changed no key.</summary>
    /// <param name="stamp">The leader's time, in milliseconds.</param>
    public IReadOnlyList<IReadOnlyList<byte[]>> Commands(out long stamp)
    {
        ArgRange[] ranges = [];
        if (EntryCodec.TryRead(Payload, ref ranges, out var header, out var args))
        {
            stamp = header.Stamp;
            var words = new List<byte[]>();
            for (var i = 0; i < args.Count; i++) words.Add(args[i].ToArray());
            return [words];
        }

        return EffectCommands.TryRead(Payload, out stamp, out var commands) && commands.Count > 0 ? commands : [[]];
    }
}

/// <summary>
/// What this node's replicas held and the history chosen at a fail-over lacks. An entry goes to the journal first, before
/// the record that forgets it there, in a stream of its own; once it is durable all of a group's entries go to a note and
/// the journal lets them go.
/// </summary>
internal sealed class LostAndFound(IGroupNode node)
{
    /// <summary>Bytes kept for one group; what comes beyond is counted, and said to be gone.</summary>
    public const long MostBytes = 256L << 20;

    /// <summary>A group's lost entries are in the journal under this and its own id, which counts from 1.</summary>
    private const int StreamBase = 1 << 30;

    private readonly SortedList<int, Drawer> _drawers = [];
    private PersistPoint _durable;

    public ILostAndFound Of(GroupId group) => DrawerOf(group);

    public IReadOnlyList<LostEntry> EntriesOf(GroupId group) => DrawerOf(group).Entries;

    public long GoneOf(GroupId group) => DrawerOf(group).Gone;

    /// <summary>The journal's records of lost entries, not a group's.</summary>
    public static bool IsStream(GroupId id) => id.Value > StreamBase;

    /// <summary>A record of such a stream, read back.</summary>
    public bool Recover(GroupId stream, ReadOnlySpan<byte> record, PersistPoint point)
    {
        _durable = point;
        return DrawerOf(new GroupId(stream.Value - StreamBase)).Recover(record, point);
    }

    public void OnPersisted(PersistPoint durable) => _durable = durable;

    public void OnTick()
    {
        foreach (var drawer in _drawers.Values) drawer.WriteDown(_durable);
    }

    /// <summary>No client can ask for the losses of a group that is no more.</summary>
    public void OnMapChanged(ClusterMap map)
    {
        for (var i = _drawers.Count - 1; i >= 0; i--)
        {
            if (!map.WasDropped(new GroupId(_drawers.GetKeyAtIndex(i)))) continue;
            _drawers.GetValueAtIndex(i).Remove();
            _drawers.RemoveAt(i);
        }
    }

    /// <summary>An operator has looked at a group's entries and needs them no more.</summary>
    public void Clear(GroupId group) => DrawerOf(group).Clear();

    /// <summary>One entry was dealt with. False: there is no such entry.</summary>
    public bool Forget(GroupId group, Epoch madeIn, LogIndex index) => DrawerOf(group).Forget(madeIn, index);

    private Drawer DrawerOf(GroupId group)
    {
        if (!_drawers.TryGetValue(group.Value, out var drawer)) _drawers.Add(group.Value, drawer = new Drawer(node, group));
        return drawer;
    }

    private sealed class Drawer : ILostAndFound
    {
        private readonly IGroupNode _node;
        private readonly GroupId _stream;
        private readonly string _note;
        private PersistPoint _last;
        private PersistPoint _noted; // records up to here are in the note, or were cleared: the journal may still show them
        private long _bytes;
        private bool _isDirty;

        public Drawer(IGroupNode node, GroupId group)
        {
            (_node, _stream) = (node, new GroupId(StreamBase + group.Value));
            _note = System.FormattableString.Invariant($"lost-g{group.Value}");
            var reader = new FieldReader(node.Host.ReadNote(_note).Span);
            if (reader.Rest == 0) return;
            (_noted, Gone) = (new PersistPoint(reader.Natural()), reader.Natural());
            while (reader.Rest > 0 && TryTake(ref reader))
            {
            }
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
            _isDirty = true;
        }

        public bool Recover(ReadOnlySpan<byte> record, PersistPoint point)
        {
            if (point <= _noted) return true;
            (_last, _isDirty) = (point, true);
            var reader = new FieldReader(record);
            return TryTake(ref reader);
        }

        private bool TryTake(ref FieldReader reader)
        {
            var (epoch, index, length) = (reader.Epoch(), new LogIndex(reader.Natural()), reader.Between(0, int.MaxValue));
            var payload = reader.Bytes(length);
            if (reader.HasFailed) return false;
            if (!_known.Add((epoch, index))) return true; // in the note and in the journal
            if (_bytes + length > MostBytes) Gone++;
            else Entries.Add(new LostEntry(epoch, index, payload));
            _bytes += length;
            return true;
        }

        /// <summary>Not before the journal has it: points that never became durable are given again after a crash.</summary>
        public void WriteDown(PersistPoint durable)
        {
            if (!_isDirty || _last > durable) return;
            _isDirty = false;
            _noted = _last;
            WriteNote();
            _node.Host.ReleaseJournal(_stream, new PersistPoint(_last.Value + 1));
        }

        public void Clear()
        {
            Entries.Clear();
            _known.Clear();
            (_bytes, Gone) = (0, 0);
            WriteNote();
        }

        public bool Forget(Epoch madeIn, LogIndex index)
        {
            var at = Entries.FindIndex(e => e.MadeIn == madeIn && e.Index == index);
            if (at < 0) return false;
            _bytes -= Entries[at].Payload.Length;
            Entries.RemoveAt(at); // it stays known: the journal may still show it
            WriteNote();
            return true;
        }

        public void Remove()
        {
            _node.Host.WriteNote(_note, default);
            _node.Host.ReleaseJournal(_stream, new PersistPoint(_last.Value + 1));
        }

        private void WriteNote()
        {
            var output = new ArrayBufferWriter<byte>();
            var writer = new FieldWriter(output);
            writer.Int64(_noted.Value);
            writer.Int64(Gone);
            foreach (var entry in Entries) Write(output, entry);
            _node.Host.WriteNote(_note, output.WrittenSpan);
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
