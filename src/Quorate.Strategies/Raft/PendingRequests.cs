using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>
/// The clients that wait on this node for an entry, by index: a ring parallel to the log. Stepping down says nothing
/// about an entry's fate, so requests stay until their index is decided.
/// <para>
/// Truncation does not decide it either. 1. S1 leads term 2, appends (i2, t2) and sends it to S2. 2. S5 leads term 3
/// without having seen it, overwrites it on S1 and crashes. 3. S2 wins term 4 with (i2, t2) in its log, commits it.
/// A client told "certainly not" at step 2 was lied to. So the requests of truncated entries are kept beside the ring
/// with their terms until a commit decides: an entry is known by its index and term, and no log that has a committed
/// entry of a higher term at or before the index can hold it.
/// </para>
/// </summary>
internal sealed class PendingRequests
{
    private readonly List<(LogIndex Index, Term Term, RequestId Request)> _truncated = [];
    private long[] _ring = new long[64];
    private long _low = 1;
    private long _high = 1;

    /// <summary>True when nobody waits for an entry in the log.</summary>
    public bool IsEmpty => _low == _high;

    public int TruncatedCount => _truncated.Count;

    public void Add(LogIndex index, RequestId request)
    {
        if (request.IsNone) return;
        if (IsEmpty) _low = _high = index.Value;
        Invariant.Require(index.Value >= _high, "entries are appended in order");
        while (index.Value - _low >= _ring.Length) Grow();
        _high = index.Value + 1;
        _ring[index.Value & (_ring.Length - 1)] = request.Value;
    }

    /// <summary>The entry at <paramref name="index"/>, of <paramref name="term"/>, is committed: who waits for it. Those
    /// who wait for entries that lost are told.</summary>
    public RequestId Take(LogIndex index, Term term, Effects effects, NodeId hint)
    {
        var request = TakeFromRing(index);
        if (_truncated.Count > 0) request = Decide(index, term, request, effects, hint);
        return request;
    }

    /// <summary>The entries from <paramref name="from"/> on are about to leave the log.</summary>
    public void TruncateFrom(LogIndex from, FrameLog<Term> log)
    {
        for (var i = Math.Max(from.Value, _low); i < _high; i++)
        {
            var request = _ring[i & (_ring.Length - 1)];
            if (request == 0) continue;
            _ring[i & (_ring.Length - 1)] = 0;
            _truncated.Add((new LogIndex(i), log.StampAt(new LogIndex(i)), new RequestId(request)));
        }

        _high = Math.Max(_low, Math.Min(_high, from.Value));
    }

    /// <summary>A snapshot stands in for the entries up to <paramref name="index"/>: what became of them cannot be told.</summary>
    public void JumpTo(LogIndex index, Term term, Effects effects, NodeId hint)
    {
        while (!IsEmpty && _low <= index.Value)
        {
            var request = TakeFromRing(new LogIndex(_low));
            if (!request.IsNone) effects.Reply(request, Outcome.Unknown("a snapshot took the place of the entry"));
        }

        for (var i = 0; i < _truncated.Count; i++)
        {
            var (at, of, request) = _truncated[i];
            if (at <= index) effects.Reply(request, Outcome.Unknown("a snapshot took the place of the entry"));
            else if (of < term) effects.Reply(request, Outcome.NotLeader(hint));
            else continue;
            _truncated.RemoveAt(i--);
        }
    }

    private RequestId TakeFromRing(LogIndex index)
    {
        if (index.Value < _low || index.Value >= _high) return default;
        var slot = index.Value & (_ring.Length - 1);
        var request = _ring[slot];
        _ring[slot] = 0;
        _low = index.Value + 1;
        return new RequestId(request);
    }

    private RequestId Decide(LogIndex index, Term term, RequestId request, Effects effects, NodeId hint)
    {
        for (var i = 0; i < _truncated.Count; i++)
        {
            var (at, of, waiting) = _truncated[i];
            if (at == index && of == term)
            {
                Invariant.Require(request.IsNone, "one entry has one request");
                request = waiting;
            }
            else if (at <= index || of < term)
            {
                effects.Reply(waiting, Outcome.NotLeader(hint));
            }
            else
            {
                continue;
            }

            _truncated.RemoveAt(i--);
        }

        return request;
    }

    private void Grow()
    {
        var larger = new long[_ring.Length * 2];
        for (var i = _low; i < _high; i++) larger[i & (larger.Length - 1)] = _ring[i & (_ring.Length - 1)];
        _ring = larger;
    }
}
