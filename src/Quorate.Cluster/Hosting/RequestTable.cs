using Quorate.Replication;

namespace Quorate.Cluster.Hosting;

internal enum RequestOwner : byte
{
    None,

    /// <summary>A client of this node: session and slot.</summary>
    Client,

    /// <summary>A write that another node forwarded: origin, its session, the sequence in it.</summary>
    Peer,

    /// <summary>Reads that another node sent here: the ticket under which they wait.</summary>
    PeerRead,

    /// <summary>This node itself: how new its state is.</summary>
    Freshness,

    /// <summary>This node itself: the log's clock.</summary>
    Clock,

    /// <summary>This node itself: a question to all replicas. The sequence is its number.</summary>
    Poll,
}

internal struct PendingRequest
{
    public RequestOwner Owner;
    public IAsker? Session;
    public NodeId Origin;
    public long OriginSession;

    /// <summary>Of a question whether the whole state may be read: when it was put, in monotonic nanoseconds; else the least
    /// number.</summary>
    public long AskedAt { readonly get => OriginSession; set => OriginSession = value; }

    /// <summary>Slot of the client's session, or sequence in the origin's session.</summary>
    public long Sequence;
    public uint Generation;
}

/// <summary>
/// The askers that wait for outcomes. A <see cref="RequestId"/> is a place in the table and a generation, so that an id that
/// comes back late, after its place was given to another, is recognised and ignored. Grows with the requests in flight.
/// </summary>
internal sealed class RequestTable
{
    private const int KeptBuffer = 256;

    private PendingRequest[] _entries = new PendingRequest[64];
    private readonly Stack<int> _free = new();
    private readonly HashSet<(long Session, long Sequence)> _earlyOfPeers = [];

    /// <summary>Parallel to the entries; empty in a group whose machine answers when an entry is committed.</summary>
    private EarlyReply[] _early = [];
    private int _used = 1; // 0 stays empty: RequestId 0 has no asker

    public RequestId Add(RequestOwner owner, IAsker? session, long sequence, NodeId origin = default, long originSession = 0)
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

    /// <summary>False when its asker waits no more.</summary>
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

    /// <summary>Keeps a reply that may be told once the outcome is known. Copies the bytes.</summary>
    public void KeepEarly(RequestId id, ReadOnlySpan<byte> reply)
    {
        if (!TryPeek(id, out var request)) return;
        var place = (int)(id.Value & 0xFFFF_FFFF);
        if (_early.Length < _entries.Length) Array.Resize(ref _early, _entries.Length);
        ref var early = ref _early[place];
        if (early.Bytes is null || early.Bytes.Length < reply.Length) early.Bytes = new byte[Math.Max(16, reply.Length)];
        reply.CopyTo(early.Bytes);
        early.Length = reply.Length;
        early.IsKept = true;
        if (request.Owner == RequestOwner.Peer) _earlyOfPeers.Add((request.OriginSession, request.Sequence));
    }

    /// <summary>The reply kept, valid until the next <see cref="KeepEarly"/>. False: there is none.</summary>
    public bool TryGetEarly(RequestId id, out ReadOnlySpan<byte> reply)
    {
        reply = default;
        var place = (int)(id.Value & 0xFFFF_FFFF);
        if (place >= _early.Length || !_early[place].IsKept || !TryPeek(id, out _)) return false;
        reply = _early[place].Bytes.AsSpan(0, _early[place].Length);
        return true;
    }

    /// <summary>True while a reply to this forwarded write is kept.</summary>
    public bool IsEarly(long originSession, long sequence) => _earlyOfPeers.Contains((originSession, sequence));

    public void Remove(RequestId id)
    {
        if (!TryPeek(id, out var request)) return;
        var place = (int)(id.Value & 0xFFFF_FFFF);
        if (place < _early.Length && _early[place].IsKept) DropEarly(ref _early[place], request);
        ref var entry = ref _entries[place];
        entry.Owner = RequestOwner.None;
        entry.Session = null;
        entry.Generation = (entry.Generation + 1) & 0x7FFF_FFFF;
        _free.Push(place);
    }

    private void DropEarly(ref EarlyReply early, in PendingRequest request)
    {
        early.IsKept = false;
        if (early.Bytes!.Length > KeptBuffer) early.Bytes = null;
        if (request.Owner == RequestOwner.Peer) _earlyOfPeers.Remove((request.OriginSession, request.Sequence));
    }

    private struct EarlyReply
    {
        public byte[]? Bytes;
        public int Length;
        public bool IsKept;
    }
}
