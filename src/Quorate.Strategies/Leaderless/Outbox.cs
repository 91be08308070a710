using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Leaderless;

/// <summary>Entries for one node that count together, when the last of them is confirmed.</summary>
internal sealed class Bundle
{
    public int Left { get; set; }
}

/// <summary>Something on its way to another node, until that node has it durably or no request waits for it any more. One object
/// may be on its way to several: it never changes.</summary>
internal sealed class OutEntry
{
    public required int Partition { get; init; }

    /// <summary>Not none: the receiver keeps it for this holder.</summary>
    public NodeId HintFor { get; init; }

    /// <summary>Shared with the entries for other nodes; never changed.</summary>
    public required byte[] Bytes { get; init; }

    /// <summary>The request that counts the confirmation; 0: none.</summary>
    public long Operation { get; init; }

    public Bundle? Bundle { get; init; }

    /// <summary>The hint of this node's that it is; 0: none.</summary>
    public long Hint { get; init; }

    /// <summary>The tick after which it is given up: comparisons bring what was lost.</summary>
    public required long Until { get; init; }
}

/// <summary>What is on its way to one other node, in batches, each confirmed as a whole; what is not confirmed goes
/// again.</summary>
internal sealed class Outbox(LeaderlessReplica replica, NodeId to)
{
    private readonly List<OutEntry> _waiting = [];
    private readonly Dictionary<long, (long SentAt, List<OutEntry> Entries)> _sent = [];
    private readonly Queue<(long SentAt, long Batch)> _order = [];
    private readonly List<(long At, OutEntry Entry)> _refused = [];
    private ArrayBufferWriter<byte> _body = new();
    private long _batch;

    public long Bytes { get; private set; }

    public int Count { get; private set; }

    public void Add(OutEntry entry)
    {
        _waiting.Add(entry);
        Bytes += entry.Bytes.Length;
        Count++;
    }

    /// <summary>The end of the turn: what waits goes, after the journal has it.</summary>
    public void Send()
    {
        for (var first = 0; first < _waiting.Count;)
        {
            var entries = new List<OutEntry>();
            _body.ResetWrittenCount();
            var body = _body;
            var after = replica.Journal.PlacePoint;
            for (; first < _waiting.Count && (entries.Count == 0 || body.WrittenCount < replica.Options.MaxBatchBytes); first++)
            {
                var entry = _waiting[first];
                entries.Add(entry);
                Store.WriteEntry(body, entry.Partition, entry.HintFor, entry.Bytes);
                if (replica.Partitions[entry.Partition] is { } partition && partition.Point > after) after = partition.Point;
            }

            _batch++;
            _sent.Add(_batch, (replica.Tick, entries));
            _order.Enqueue((replica.Tick, _batch));
            var message = new Store
            {
                Epoch = replica.Placement.Epoch,
                Incarnation = replica.Incarnation,
                Batch = _batch,
                Count = entries.Count,
                Entries = body.WrittenMemory,
            };
            // What waits for the journal keeps its bytes; the rest is on its way when this returns.
            if (after > replica.Journal.Durable) _body = new ArrayBufferWriter<byte>();
            replica.Out.Send(to, message, after > replica.Journal.Durable ? after : default);
        }

        _waiting.Clear();
    }

    public void OnStored(Stored stored)
    {
        if (stored.Incarnation != replica.Incarnation || !_sent.Remove(stored.Batch, out var batch)) return;
        var refused = 0;
        for (var i = 0; i < batch.Entries.Count; i++)
        {
            var entry = batch.Entries[i];
            if (refused < stored.Refused.Length && stored.Refused[refused] == i)
            {
                refused++;
                _refused.Add((replica.Tick + replica.Options.ResendTicks, entry));
                continue;
            }

            Leave(entry);
            replica.OnConfirmed(to, entry);
        }
    }

    public void OnTick()
    {
        while (_order.TryPeek(out var oldest) && replica.Tick - oldest.SentAt >= replica.Options.ResendTicks)
        {
            _order.Dequeue();
            if (!_sent.Remove(oldest.Batch, out var batch)) continue;
            foreach (var entry in batch.Entries) SendAgain(entry);
        }

        var kept = 0;
        for (var i = 0; i < _refused.Count; i++)
        {
            if (_refused[i].At > replica.Tick) _refused[kept++] = _refused[i];
            else SendAgain(_refused[i].Entry);
        }

        _refused.RemoveRange(kept, _refused.Count - kept);
    }

    /// <summary>The member is gone.</summary>
    public void GiveUpAll()
    {
        foreach (var (_, entries) in _sent.Values) foreach (var entry in entries) GiveUp(entry);
        foreach (var entry in _waiting) GiveUp(entry);
        foreach (var (_, entry) in _refused) GiveUp(entry);
        _sent.Clear();
        _order.Clear();
        _waiting.Clear();
        _refused.Clear();
    }

    private void SendAgain(OutEntry entry)
    {
        if (replica.Tick < entry.Until && (replica.IsUp(to) || replica.Coordinator.IsWaiting(entry.Operation)))
            _waiting.Add(entry);
        else GiveUp(entry);
    }

    private void GiveUp(OutEntry entry)
    {
        Leave(entry);
        replica.Hints.OnGivenUp(entry);
    }

    private void Leave(OutEntry entry)
    {
        Bytes -= entry.Bytes.Length;
        Count--;
    }
}
