using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.Leaderless;

/// <summary>
/// One comparison of a partition with what another holder has, which ends with all of that being here. [Dynamo §4.7] The other's
/// <see cref="Overview"/> says what it had seen at the beginning; then the tree of digests is walked down to the keys that
/// differ, and their states are merged; then, and only then, what it had seen is seen here. What the other takes in meanwhile
/// does no harm: every part and key is compared with the other's state at that moment or later.
/// </summary>
internal sealed class Comparison
{
    private const int PartsAtOnce = 16;
    private const int KeysAtOnce = 256;

    private readonly LeaderlessReplica _replica;
    private readonly long _round;
    private readonly Stack<(byte Level, int Part)> _parts = new();
    private readonly Queue<int> _leaves = new();
    private readonly List<byte[]> _keys = [];
    private readonly ArrayBufferWriter<byte> _body = new();
    private Overview? _overview;
    private long _incarnation;
    private Epoch _epoch;
    private ulong? _range;
    private bool _mayAsk = true;
    private RepairStep _step = RepairStep.Overview;
    private int _askedKeys;
    private readonly bool _isQuiet;

    public Comparison(LeaderlessReplica replica, Partition partition, NodeId other, long round)
    {
        (_replica, Partition, Other, _round) = (replica, partition, other, round);
        ProgressAt = replica.Tick;
        _isQuiet = partition.HasGaps && replica.AntiEntropy.IsQuiet;
    }

    public Partition Partition { get; }

    public NodeId Other { get; }

    /// <summary>When the other last answered.</summary>
    public long ProgressAt { get; private set; }

    public bool IsOver { get; private set; }

    /// <summary>It has ended well.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Bytes fetched since last asked.</summary>
    public long TakeFetched()
    {
        var fetched = _fetched;
        _fetched = 0;
        return fetched;
    }

    private long _fetched;

    /// <summary>Asks for what is missing, if nothing is on its way.</summary>
    public void Work()
    {
        if (IsOver || !_mayAsk) return;
        _body.ResetWrittenCount();
        if (_overview is null) _step = RepairStep.Overview;
        else if (_range is { } from)
        {
            _step = RepairStep.Range;
            Packing.WriteNumber(_body, from);
        }
        else if (_keys.Count > 0) AskKeys();
        else if (_leaves.Count > 0) AskLeaves();
        else if (_parts.Count > 0) AskParts();
        else
        {
            Finish();
            return;
        }

        _mayAsk = false;
        _replica.Post(Other, null, new Compare
        {
            Epoch = _replica.Placement.Epoch,
            Partition = Partition.Index,
            Round = _round,
            Step = _step,
            Body = _body.WrittenSpan.ToArray(),
        });
    }

    public void OnCompared(Compared message)
    {
        if (IsOver || _mayAsk || message.Round != _round || message.Step != _step) return;
        if (_overview is not null && message.Incarnation != _incarnation)
        {
            // Started again: what it had seen at the beginning it may have forgotten.
            IsOver = true;
            return;
        }

        ProgressAt = _replica.Tick;
        _mayAsk = true;
        _fetched += message.Body.Length;
        var reader = new PackedReader(message.Body.Span);
        IsOver = !(_step switch
        {
            RepairStep.Overview => Begin(message),
            RepairStep.Digests => TakeDigests(ref reader),
            RepairStep.Keys => TakeKeys(ref reader),
            RepairStep.States => TakeStates(ref reader),
            _ => TakeRange(ref reader),
        });
    }

    private bool Begin(Compared message)
    {
        if (!Overview.TryDecode(message.Body.Span, out var overview)) return false;
        (_overview, _incarnation, _epoch) = (overview, message.Incarnation, message.Epoch);
        Partition.Of(Other).Seen = overview.Seen;
        _replica.AntiEntropy.NoteOwnUpdates(Partition, overview.Seen);
        var own = Partition.Machine.DigestOf(0, 0);
        if (own == overview.Digest || !_replica.Rules.FetchesBeforeAdopting) return true;
        if (own == 0) _range = 0;
        else _parts.Push((0, 0));
        return true;
    }

    private void AskParts()
    {
        _step = RepairStep.Digests;
        var level = _parts.Peek().Level;
        var asked = new List<int>();
        while (asked.Count < PartsAtOnce && _parts.TryPeek(out var next) && next.Level == level) asked.Add(_parts.Pop().Part);
        Packing.WriteByte(_body, level);
        Packing.WriteNumber(_body, (ulong)asked.Count);
        foreach (var part in asked) Packing.WriteNumber(_body, (ulong)part);
    }

    private bool TakeDigests(ref PackedReader reader)
    {
        if (!reader.TryByte(out var level) || level >= Feeder.LowestLevel || !reader.TryCount(1 + Feeder.Children, out var count))
            return false;
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryNumber(out var part) || part >= 1UL << level) return false;
            for (var child = 0; child < Feeder.Children; child++)
            {
                if (!reader.TryNumber(out var digest)) return false;
                var at = ((int)part * Feeder.Children) + child;
                if (Partition.Machine.DigestOf(level + Feeder.LevelBits, at) == digest) continue;
                if (level + Feeder.LevelBits == Feeder.LowestLevel) _leaves.Enqueue(at);
                else _parts.Push(((byte)(level + Feeder.LevelBits), at));
            }
        }

        return true;
    }

    private void AskLeaves()
    {
        _step = RepairStep.Keys;
        var count = Math.Min(_leaves.Count, PartsAtOnce);
        Packing.WriteNumber(_body, (ulong)count);
        foreach (var leaf in _leaves.Take(count)) Packing.WriteNumber(_body, (ulong)leaf);
    }

    private bool TakeKeys(ref PackedReader reader)
    {
        var answered = 0;
        for (; !reader.IsAtEnd; answered++)
        {
            if (!reader.TryNumber(out var part)
                || !_leaves.TryDequeue(out var leaf) || part != (ulong)leaf || !reader.TryCount(2, out var count))
                return false;
            var theirs = new SortedDictionary<byte[], ulong>(Replication.Crdt.ByteKeys.Comparer);
            for (var i = 0; i < count; i++)
            {
                if (!reader.TryBytes(out var key) || !reader.TryNumber(out var digest)) return false;
                theirs[key.ToArray()] = digest;
            }

            foreach (var (key, digest) in theirs) if (Partition.Machine.DigestOf(key) != digest) _keys.Add(key);
            foreach (var (key, digest) in Partition.Machine.KeysOf(leaf))
                if (digest != 0 && !theirs.ContainsKey(key)) _keys.Add(key);
        }

        return answered > 0;
    }

    private void AskKeys()
    {
        _step = RepairStep.States;
        _askedKeys = Math.Min(_keys.Count, KeysAtOnce);
        Packing.WriteNumber(_body, (ulong)_askedKeys);
        for (var i = 0; i < _askedKeys; i++) Packing.WriteBytes(_body, _keys[i]);
    }

    private bool TakeStates(ref PackedReader reader)
    {
        var answered = 0;
        for (; !reader.IsAtEnd && answered < _askedKeys; answered++)
        {
            if (!reader.TryBytes(out var state) || !_replica.TryTakeIn(Partition, state)) return false;
            _replica.Statistics.KeysRepaired++;
        }

        _keys.RemoveRange(0, answered);
        return answered > 0;
    }

    private bool TakeRange(ref PackedReader reader)
    {
        if (!reader.TryNumber(out var next) || !reader.TryBytes(out var states) || (next != 0 && next <= _range)) return false;
        if (!_replica.TryTakeIn(Partition, states)) return false;
        _range = next == 0 ? null : next;
        return true;
    }

    private void Finish()
    {
        IsOver = true;
        var before = Partition.Machine.Seen.ToString();
        if (!Partition.Machine.TryAdopt(_overview!.Summary.Span)) return;
        // A summary that says nothing new is not worth a record.
        if (Partition.Machine.Seen.ToString() != before) _replica.Journal.Merge(Partition, _overview.Summary.Span);
        IsDone = true;
        var other = Partition.Of(Other);
        other.RepairedAt = _replica.Now.Nanoseconds;
        other.WasTakenQuietly |= _isQuiet;
        other.TakenSince = (_epoch, _overview.IsComplete);
        _body.ResetWrittenCount();
        Packing.WriteNatural(_body, _overview.Changes);
        _replica.Post(Other, Partition, new Compare
        {
            Epoch = _replica.Placement.Epoch,
            Partition = Partition.Index,
            Round = _round,
            Step = RepairStep.Taken,
            Body = _body.WrittenSpan.ToArray(),
        });
    }
}
