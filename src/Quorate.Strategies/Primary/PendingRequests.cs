using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>
/// The clients that wait at the primary for an entry, by index: a ring parallel to the log. They wait through a change of
/// epoch that leaves the primary in place; when it loses the role, what becomes of the entries is not known here.
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

    /// <summary>Who waits for the entry; nobody after this.</summary>
    public RequestId Take(LogIndex index)
    {
        if (index.Value < _low || index.Value >= _high) return default;
        var slot = index.Value & (_ring.Length - 1);
        var request = _ring[slot];
        _ring[slot] = 0;
        _low = index.Value + 1;
        return new RequestId(request);
    }

    /// <summary>Tells everybody who waits.</summary>
    public void EndAll(in Outcome outcome, Effects effects)
    {
        while (!IsEmpty)
        {
            var request = Take(new LogIndex(_low));
            if (!request.IsNone) effects.Reply(request, outcome);
        }
    }

    private void Grow()
    {
        var larger = new long[_ring.Length * 2];
        for (var i = _low; i < _high; i++) larger[i & (larger.Length - 1)] = _ring[i & (_ring.Length - 1)];
        _ring = larger;
    }
}
