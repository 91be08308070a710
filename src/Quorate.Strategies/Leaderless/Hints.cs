using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>An update kept for a holder that was away. [Dynamo §4.6]</summary>
internal readonly record struct Hint(long Id, NodeId Holder, int Partition, byte[] Bytes)
{
    /// <summary>Keeping it costs about this many bytes.</summary>
    public int Cost => Bytes.Length + 64;

    public void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Id);
        Packing.WriteNumber(output, (ulong)Holder.Value);
        Packing.WriteNumber(output, (ulong)Partition);
        Packing.WriteBytes(output, Bytes);
    }

    public static bool TryDecode(ref PackedReader reader, int partitions, out Hint hint)
    {
        hint = default;
        if (!reader.TryNatural(out var id) || !reader.TryNode(out var holder) || !reader.TryNumber(out var partition)
            || partition >= (ulong)partitions || !reader.TryBytes(out var bytes)) return false;
        hint = new Hint(id, holder, (int)partition, bytes.ToArray());
        return true;
    }
}

/// <summary>
/// Hints that this replica keeps for others. Each was counted for an acknowledgement, so none is dropped: it goes when a
/// holder has confirmed it, and when there is no room for more, more are refused. Invariant: every hint here is in the journal
/// (with durability fsync), and <see cref="Bytes"/> is their cost.
/// </summary>
internal sealed class Hints(LeaderlessReplica replica)
{
    private const int HandedPerTick = 256;

    private readonly SortedDictionary<long, Kept> _kept = [];
    private readonly List<long> _gone = [];
    private readonly List<Kept> _due = [];
    private long _cursor;
    private long _lastId;

    private sealed class Kept(Hint hint, long since)
    {
        public Hint Hint { get; } = hint;

        public long Since { get; } = since;

        public bool IsOnItsWay { get; set; }
    }

    public int Count => _kept.Count;

    public long Bytes { get; private set; }

    public long Taken { get; private set; }

    public long HandedOver { get; private set; }

    public long Refused { get; private set; }

    public IEnumerable<Hint> All => _kept.Values.Select(k => k.Hint);

    /// <summary>False: no room.</summary>
    public bool TryTake(NodeId holder, int partition, ReadOnlySpan<byte> bytes)
    {
        if (_kept.Count >= replica.Options.MaxHints || Bytes + bytes.Length > replica.Options.MaxHintBytes)
        {
            Refused++;
            return false;
        }

        Taken++;
        if (!replica.Rules.KeepsHints) return true;
        var hint = new Hint(_lastId + 1, holder, partition, bytes.ToArray());
        Add(hint);
        if (replica.Options.Durable) replica.Journal.SaveHint(hint, replica.Out);
        return true;
    }

    public void Add(in Hint hint)
    {
        _lastId = Math.Max(_lastId, hint.Id);
        if (_kept.Remove(hint.Id, out var old)) Bytes -= old.Hint.Cost;
        _kept.Add(hint.Id, new Kept(hint, replica.Tick));
        Bytes += hint.Cost;
    }

    public void Remove(long id)
    {
        // An id is not given again while the journal may still speak of it.
        _lastId = Math.Max(_lastId, id);
        if (_kept.Remove(id, out var kept)) Bytes -= kept.Hint.Cost;
    }

    /// <summary>Hands over the hints for holders that are back; hints that waited too long, to any holder.</summary>
    public void OnTick()
    {
        if (_gone.Count > 0)
        {
            if (replica.Options.Durable) replica.Journal.SaveHintsGone(_gone, replica.Out);
            _gone.Clear();
        }

        if (_kept.Count == 0) return;
        _due.Clear();
        var last = 0L;
        foreach (var (id, kept) in _kept)
        {
            if (id <= _cursor) continue;
            if (_due.Count == HandedPerTick) break;
            last = id;
            _due.Add(kept);
        }

        // The next tick goes on behind, and then from the first again.
        _cursor = last;
        foreach (var kept in _due) if (!kept.IsOnItsWay && ReceiverOf(kept) is { IsNone: false } receiver) Hand(kept, receiver);
    }

    /// <summary>A holder has it.</summary>
    public void OnConfirmed(long id)
    {
        if (!_kept.ContainsKey(id)) return;
        Remove(id);
        _gone.Add(id);
        HandedOver++;
    }

    /// <summary>It did not arrive: again later.</summary>
    public void OnGivenUp(OutEntry entry)
    {
        if (entry.Hint != 0 && _kept.TryGetValue(entry.Hint, out var kept)) kept.IsOnItsWay = false;
    }

    public void CheckInvariants()
    {
        Invariant.Require(Bytes == _kept.Values.Sum(k => (long)k.Hint.Cost), "the bytes counted are the sum of the hints' bytes");
    }

    private NodeId ReceiverOf(Kept kept)
    {
        var holders = replica.Placement.HoldersOf(kept.Hint.Partition);
        if (holders is null) return default;
        var isHolder = holders.Contains(kept.Hint.Holder);
        if (isHolder && replica.IsUp(kept.Hint.Holder)) return kept.Hint.Holder;
        if (isHolder && replica.Tick - kept.Since < replica.Options.HintAgeTicks) return default;
        foreach (var node in holders.Newest) if (node == replica.Self || replica.IsUp(node)) return node;
        return default;
    }

    private void Hand(Kept kept, NodeId receiver)
    {
        var hint = kept.Hint;
        if (receiver == replica.Self)
        {
            // The members have changed, and this replica is a holder now.
            if (replica.Partitions[hint.Partition] is not { IsHeld: true } partition) return;
            if (!replica.TryTakeIn(partition, hint.Bytes)) return;
            OnConfirmed(hint.Id);
            return;
        }

        kept.IsOnItsWay = true;
        replica.PeerOf(receiver)!.Outbox.Add(new OutEntry
        {
            Partition = hint.Partition,
            Bytes = hint.Bytes,
            Hint = hint.Id,
            Until = replica.Tick + replica.Options.PatienceTicks,
        });
    }
}
