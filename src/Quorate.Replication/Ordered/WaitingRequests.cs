namespace Quorate.Replication.Ordered;

/// <summary>
/// The clients of this node that wait for an entry, by index: a ring parallel to the log. Losing the leadership says nothing
/// about an entry's fate, so requests may stay until their index is decided. One caller at a time.
/// <para>
/// Truncation does not decide it either. 1. S1 leads term 2, appends (i2, t2) and sends it to S2. 2. S5 leads term 3
/// without having seen it, overwrites it on S1 and crashes. 3. S2 wins term 4 with (i2, t2) in its log, commits it.
/// A client told "certainly not" at step 2 was lied to. So a strategy whose requests have to wait for the truth keeps those of
/// truncated entries beside the ring with their stamps (<see cref="KeepFrom"/>) until a commit decides: an entry is known by
/// its index and stamp, and no log that has a committed entry of a higher stamp at or before the index can hold it. Other
/// strategies say that the fate is not known (<see cref="EndFrom"/>).
/// </para>
/// </summary>
/// <typeparam name="TStamp">What entries are stamped with.</typeparam>
public sealed class WaitingRequests<TStamp>
    where TStamp : struct, IStamp<TStamp>
{
    private static readonly Outcome Overtaken = Outcome.Unknown("a snapshot took the place of the entry");

    private readonly List<(LogIndex Index, TStamp Stamp, RequestId Request)> _truncated = [];
    private long[] _ring = new long[64];
    private long _low = 1;
    private long _high = 1;

    /// <summary>True when no request waits for an entry in the log.</summary>
    public bool IsEmpty => _low == _high;

    /// <summary>Requests that wait for entries which left the log.</summary>
    public int TruncatedCount => _truncated.Count;

    /// <summary>The request waits for the entry that was appended last; none is passed over.</summary>
    public void Add(LogIndex index, RequestId request)
    {
        if (request.IsNone) return;
        if (IsEmpty) _low = _high = index.Value;
        Invariant.Require(index.Value >= _high, "entries are appended in order");
        while (index.Value - _low >= _ring.Length) Grow();
        _high = index.Value + 1;
        _ring[index.Value & (_ring.Length - 1)] = request.Value;
    }

    /// <summary>The request that waits for the entry in the log at this index; after this it waits no more.</summary>
    public RequestId Take(LogIndex index)
    {
        if (index.Value < _low || index.Value >= _high) return default;
        var slot = index.Value & (_ring.Length - 1);
        var request = _ring[slot];
        _ring[slot] = 0;
        _low = index.Value + 1;
        return new RequestId(request);
    }

    /// <summary>The requests that wait for truncated entries are told what the commit of an entry decides.</summary>
    /// <param name="index">of the committed entry</param>
    /// <param name="stamp">of the committed entry</param>
    /// <param name="request">the one that waits for the entry in the log; maybe none</param>
    /// <param name="effects">where outcomes go</param>
    /// <param name="hint">the replica that leads now, as far as is known</param>
    /// <returns>The request that waits for the committed entry, wherever it waited; maybe none.</returns>
    public RequestId Decide(LogIndex index, TStamp stamp, RequestId request, Effects effects, NodeId hint)
    {
        for (var i = 0; i < _truncated.Count; i++)
        {
            var (at, of, waiting) = _truncated[i];
            if (at == index && of == stamp)
            {
                Invariant.Require(request.IsNone, "one entry has one request");
                request = waiting;
            }
            else if (at <= index || of < stamp)
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

    /// <summary>The entries from <paramref name="from"/> on are about to leave the log; a commit will decide about
    /// them.</summary>
    public void KeepFrom(LogIndex from, FrameLog<TStamp> log)
    {
        for (var i = Math.Max(from.Value, _low); i < _high; i++)
        {
            ref var request = ref _ring[i & (_ring.Length - 1)];
            if (request != 0) _truncated.Add((new LogIndex(i), log.StampAt(new LogIndex(i)), new RequestId(request)));
            request = 0;
        }

        EndRingAt(from);
    }

    /// <summary>The entries from <paramref name="from"/> on leave the log: those who wait are told the outcome.</summary>
    public void EndFrom(LogIndex from, in Outcome outcome, Effects effects)
    {
        for (var i = Math.Max(from.Value, _low); i < _high; i++)
        {
            ref var request = ref _ring[i & (_ring.Length - 1)];
            if (request != 0) effects.Reply(new RequestId(request), outcome);
            request = 0;
        }

        EndRingAt(from);
    }

    /// <summary>All who wait for an entry of the log are told the outcome.</summary>
    public void EndAll(in Outcome outcome, Effects effects) => EndFrom(new LogIndex(_low), outcome, effects);

    /// <summary>A snapshot stands in for the entries up to <paramref name="index"/>, of which the last has
    /// <paramref name="stamp"/>: what became of them cannot be told.</summary>
    public void JumpTo(LogIndex index, TStamp stamp, Effects effects, NodeId hint)
    {
        while (!IsEmpty && _low <= index.Value)
        {
            var request = Take(new LogIndex(_low));
            if (!request.IsNone) effects.Reply(request, Overtaken);
        }

        for (var i = 0; i < _truncated.Count; i++)
        {
            var (at, of, request) = _truncated[i];
            if (at <= index) effects.Reply(request, Overtaken);
            else if (of < stamp) effects.Reply(request, Outcome.NotLeader(hint));
            else continue;
            _truncated.RemoveAt(i--);
        }
    }

    private void EndRingAt(LogIndex from) => _high = Math.Max(_low, Math.Min(_high, from.Value));

    private void Grow()
    {
        var larger = new long[_ring.Length * 2];
        for (var i = _low; i < _high; i++) larger[i & (larger.Length - 1)] = _ring[i & (_ring.Length - 1)];
        _ring = larger;
    }
}
