using System.Buffers;
using Quorate.Replication.Causality;

namespace Quorate.Replication.Crdt;

/// <summary>
/// A map from fields to cells in which an update wins over a concurrent removal of its field, without tombstones. [Delta §7.3]
/// Fields are read as last-writer-wins registers or counters. In a delta a field whose cell is empty says that what was observed
/// of it is removed.
/// </summary>
public class ObservedRemoveMap
{
    private readonly Dictionary<byte[], Cell> _cells = new(ByteKeys.Comparer);
    private readonly Dictionary<byte[], Cell>.AlternateLookup<ReadOnlySpan<byte>> _find;

    /// <summary>Fields with remains of removed additions; each is looked at by <see cref="Collect"/> until it has none.</summary>
    private readonly HashSet<byte[]> _remains = new(ByteKeys.Comparer);
    private ulong _digest;

    public ObservedRemoveMap() => _find = _cells.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Fields that are there.</summary>
    public int LiveCount { get; private set; }

    /// <summary>Nothing at all, not even remains.</summary>
    public bool IsEmpty => _cells.Count == 0;

    /// <summary>The cell of a field that is there, or null.</summary>
    public Cell? Find(ReadOnlySpan<byte> field) => _find.TryGetValue(field, out var cell) && cell.IsLive ? cell : null;

    /// <summary>The cell of a field, or one with nothing in it, to make deltas from.</summary>
    public Cell CellOf(ReadOnlySpan<byte> field) => _find.TryGetValue(field, out var cell) ? cell : new Cell();

    /// <summary>Of a delta: says something about the field.</summary>
    public bool Lists(ReadOnlySpan<byte> field) => _find.ContainsKey(field);

    /// <summary>For building a delta: the cell listed for a field, as it is or a new one.</summary>
    public Cell List(ReadOnlySpan<byte> field)
    {
        if (!_find.TryGetValue(field, out var cell)) _find[field] = cell = new Cell();
        return cell;
    }

    /// <summary>The fields that are there in order of their bytes, as the one order that all replicas agree on.</summary>
    public byte[][] Ordered()
    {
        var fields = new byte[LiveCount][];
        var n = 0;
        foreach (var (field, cell) in _cells)
            if (cell.IsLive) fields[n++] = field;
        Array.Sort(fields, ByteKeys.Comparer);
        return fields;
    }

    /// <summary>Lists in <paramref name="delta"/> the removal of every field; of a whole delta, whose context removes what is
    /// not listed, only those that additions must be taken from.</summary>
    public void RemoveAll(Dot removal, ObservedRemoveMap delta, DotContext observed, bool isWhole)
    {
        foreach (var (field, cell) in _cells)
            if (isWhole ? cell.Counter is { Count: > 0 } : cell.IsLive) cell.Remove(removal, delta.List(field), observed);
    }

    public void Join(ObservedRemoveMap other, in JoinScope scope)
    {
        if (!scope.IsPartial && _cells.Count > 0)
        {
            foreach (var (field, cell) in _cells)
                if (!other._cells.ContainsKey(field)) JoinField(field, cell, Nothing, scope);
        }

        foreach (var (field, theirs) in other._cells)
            JoinField(field, _cells.GetValueOrDefault(field), theirs, scope);
    }

    /// <summary>Forgets removals that every replica knows. True when some are left that wait for it.</summary>
    public bool Collect(VersionVector stable)
    {
        if (_remains.Count == 0) return false;
        var gone = new List<byte[]>();
        foreach (var field in _remains)
        {
            var cell = _cells[field];
            if (cell.Collect(stable)) continue;
            gone.Add(field);
            if (!cell.IsLive) _cells.Remove(field);
        }

        foreach (var field in gone) _remains.Remove(field);
        return _remains.Count > 0;
    }

    public virtual void Clear()
    {
        _cells.Clear();
        _remains.Clear();
        _digest = 0;
        LiveCount = 0;
    }

    /// <summary>A mixed number of what is there, kept up to date; 0 for nothing.</summary>
    public ulong Digest() => _digest;

    public void Encode(IBufferWriter<byte> output)
    {
        byte[][] fields = [.. _cells.Keys];
        Array.Sort(fields, ByteKeys.Comparer);
        Packing.WriteNumber(output, (ulong)fields.Length);
        foreach (var field in fields)
        {
            Packing.WriteBytes(output, field);
            _cells[field].Encode(output);
        }
    }

    /// <summary>Reads into this, replacing it. False: the bytes are no map.</summary>
    public bool TryDecode(ref PackedReader reader, ref HybridTime newest)
    {
        Clear();
        if (!reader.TryCount(3, out var count)) return false;
        ReadOnlySpan<byte> last = default;
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryBytes(out var field) || (i > 0 && last.SequenceCompareTo(field) >= 0)) return false;
            if (!List(field).TryDecode(ref reader, ref newest)) return false;
            last = field;
        }

        return true;
    }

    /// <summary>A field's cell is different now.</summary>
    protected virtual void OnChanged(byte[] field, Cell cell, MergeRules rules)
    {
    }

    /// <summary>Nothing; never changed.</summary>
    private static readonly Cell Nothing = new();

    private void JoinField(byte[] field, Cell? mine, Cell theirs, in JoinScope scope)
    {
        var isNew = mine is null;
        mine ??= new Cell();
        var (wasLive, digest, wasChanged) = (mine.IsLive, isNew ? 0 : DigestOfField(field, mine), scope.Notes.IsChanged);
        scope.Notes.IsChanged = false;
        scope.Notes.Field = field;
        mine.Join(theirs, scope);
        if (!scope.Notes.IsChanged)
        {
            scope.Notes.IsChanged = wasChanged;
            return;
        }

        var isLive = mine.IsLive;
        if (mine.HasRemains) _remains.Add(field);
        if (isLive || mine.HasRemains)
        {
            if (isNew) _cells.Add(field, mine);
        }
        else if (!isNew)
        {
            _cells.Remove(field);
            _remains.Remove(field);
        }

        LiveCount += (isLive ? 1 : 0) - (wasLive ? 1 : 0);
        _digest += (isLive ? DigestOfField(field, mine) : 0) - digest;
        OnChanged(field, mine, scope.Rules);
    }

    private static ulong DigestOfField(byte[] field, Cell cell) =>
        cell.IsLive ? DigestOf.Numbers((long)Hash.Of(field), (long)cell.Digest()) : 0;
}
