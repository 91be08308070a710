using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>
/// The clients that wait on this node for an entry, by index: a ring parallel to the log. They outlive the headship that
/// took them in: their entries are committed by whatever chain comes next, or not.
/// <para>An entry that is cut off here is not yet certainly lost: 1. H orders w at 11 and sends it to M. 2. The next chain
/// is T, H, M; T begins with its own 11, H cuts w. 3. T and H die before M heard of T's 11; M alone goes on, and commits
/// w. So who waits for an entry that is cut is told that its fate is not known.</para>
/// </summary>
internal sealed class PendingRequests
{
    private long[] _ring = new long[64];
    private long _low = 1;
    private long _high = 1;

    public bool IsEmpty => _low == _high;

    public void Add(LogIndex index, RequestId request)
    {
        if (request.IsNone) return;
        if (IsEmpty) _low = _high = index.Value;
        Invariant.Require(index.Value >= _high, "entries are appended in order");
        while (index.Value - _low >= _ring.Length) Grow();
        _high = index.Value + 1;
        _ring[index.Value & (_ring.Length - 1)] = request.Value;
    }

    /// <summary>The entry at <paramref name="index"/> is committed: who waits for it.</summary>
    public RequestId Take(LogIndex index)
    {
        if (index.Value < _low || index.Value >= _high) return default;
        var slot = index.Value & (_ring.Length - 1);
        var request = _ring[slot];
        _ring[slot] = 0;
        _low = index.Value + 1;
        return new RequestId(request);
    }

    /// <summary>The entries from <paramref name="from"/> on leave the log.</summary>
    public void TruncateFrom(LogIndex from, Effects effects)
    {
        for (var i = Math.Max(from.Value, _low); i < _high; i++)
        {
            var request = _ring[i & (_ring.Length - 1)];
            _ring[i & (_ring.Length - 1)] = 0;
            if (request != 0) effects.Reply(new RequestId(request), Outcome.Unknown("the chain goes on from a log without this entry"));
        }

        _high = Math.Max(_low, Math.Min(_high, from.Value));
    }

    /// <summary>A snapshot stands in for the entries up to <paramref name="index"/>: what became of them cannot be told.</summary>
    public void JumpTo(LogIndex index, Effects effects)
    {
        while (!IsEmpty && _low <= index.Value)
        {
            var request = Take(new LogIndex(_low));
            if (!request.IsNone) effects.Reply(request, Outcome.Unknown("a snapshot took the place of the entry"));
        }
    }

    /// <summary>This replica left the chain and will not hear.</summary>
    public void FailAll(Effects effects)
    {
        while (!IsEmpty)
        {
            var request = Take(new LogIndex(_low));
            if (!request.IsNone) effects.Reply(request, Outcome.Unknown("this replica left the chain before the entry was decided"));
        }
    }

    private void Grow()
    {
        var larger = new long[_ring.Length * 2];
        for (var i = _low; i < _high; i++) larger[i & (larger.Length - 1)] = _ring[i & (_ring.Length - 1)];
        _ring = larger;
    }
}
