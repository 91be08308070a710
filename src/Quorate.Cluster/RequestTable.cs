using Quorate.Replication;

namespace Quorate.Cluster;

internal enum RequestOwner : byte
{
    None,

    /// <summary>A client of this node: session and slot.</summary>
    Client,

    /// <summary>A write that another node forwarded: origin, its session, the sequence in it.</summary>
    Peer,

    /// <summary>A read that another node forwarded.</summary>
    PeerRead,

    /// <summary>This node itself: the log's clock.</summary>
    Clock,
}

internal struct PendingRequest
{
    public RequestOwner Owner;
    public ClientSession? Session;
    public NodeId Origin;
    public long OriginSession;

    /// <summary>Slot of the client's session, or sequence in the origin's session.</summary>
    public long Sequence;
    public uint Generation;
}

/// <summary>
/// Who waits for what. A <see cref="RequestId"/> is a place in the table and a generation, so that an id that comes back
/// late, after its place was given to another, is recognised and ignored. Grows with the requests in flight.
/// </summary>
internal sealed class RequestTable
{
    private PendingRequest[] _entries = new PendingRequest[64];
    private readonly Stack<int> _free = new();
    private int _used = 1; // 0 stays empty: RequestId 0 is nobody

    public RequestId Add(RequestOwner owner, ClientSession? session, long sequence, NodeId origin = default, long originSession = 0)
    {
        if (!_free.TryPop(out var place))
        {
            if (_used == _entries.Length) Array.Resize(ref _entries, _entries.Length * 2);
            place = _used++;
        }

        ref var entry = ref _entries[place];
        entry.Owner = owner;
        entry.Session = session;
        entry.Sequence = sequence;
        entry.Origin = origin;
        entry.OriginSession = originSession;
        return new RequestId(((long)entry.Generation << 32) | (uint)place);
    }

    /// <summary>False when nobody waits for it any more.</summary>
    public bool TryPeek(RequestId id, out PendingRequest request)
    {
        var place = (int)(id.Value & 0xFFFF_FFFF);
        if (place <= 0 || place >= _used)
        {
            request = default;
            return false;
        }

        request = _entries[place];
        return request.Owner != RequestOwner.None && request.Generation == (uint)(id.Value >> 32);
    }

    public void Remove(RequestId id)
    {
        if (!TryPeek(id, out _)) return;
        var place = (int)(id.Value & 0xFFFF_FFFF);
        ref var entry = ref _entries[place];
        entry.Owner = RequestOwner.None;
        entry.Session = null;
        entry.Generation = (entry.Generation + 1) & 0x7FFF_FFFF;
        _free.Push(place);
    }
}
