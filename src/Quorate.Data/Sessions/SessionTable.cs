namespace Quorate.Data.Sessions;

/// <summary>
/// All sessions of the keyspace, a part of the replicated state. When there are too many, the one unused for longest by
/// the order of the log goes, so every replica forgets the same. A forgotten session that comes back begins anew.
/// </summary>
internal sealed class SessionTable
{
    public const int MostSessions = 4096;

    /// <summary>By id; sorted, since its order reaches snapshots and eviction.</summary>
    private readonly SortedDictionary<long, Session> _sessions = [];

    private Session? _latest;

    public int Count => _sessions.Count;

    public IEnumerable<Session> All => _sessions.Values;

    /// <summary>Counts uses; part of the state.</summary>
    public long Uses { get; private set; }

    /// <summary>The id of the last one that went because there were too many; whoever looks for it clears it before.</summary>
    public long? Forgotten { get; set; }

    public Session? Find(long id)
    {
        if (_latest is { } latest && latest.Id == id) return latest;
        return _sessions.TryGetValue(id, out var session) ? _latest = session : null;
    }

    /// <summary>The session, made when it is new, and marked as used now.</summary>
    public Session Use(long id)
    {
        var session = Find(id) ?? Add(id);
        session.LastUse = ++Uses;
        return session;
    }

    /// <summary>A session read from a snapshot. False: it is there already or there are too many.</summary>
    public bool TryRestore(long id, long lastUse, long low, out Session session)
    {
        session = new Session(id) { LastUse = lastUse };
        if (low < 0 || lastUse < 0 || _sessions.Count >= MostSessions || !_sessions.TryAdd(id, session)) return false;
        session.RaiseLow(low);
        Uses = Math.Max(Uses, lastUse);
        return true;
    }

    /// <summary>Puts what another replica's session is in place of this one's, its replies not included.</summary>
    /// <param name="isNew">It began anew there: what is here under that id was another.</param>
    public Session Put(long id, long lastUse, long low, bool isNew)
    {
        if (isNew) Remove(id);
        if (Find(id) is not { } session) _latest = _sessions[id] = session = new Session(id);
        session.RaiseLow(low);
        session.LastUse = lastUse;
        Uses = Math.Max(Uses, lastUse);
        return session;
    }

    public void Remove(long id)
    {
        if (_latest?.Id == id) _latest = null;
        _sessions.Remove(id);
    }

    private Session Add(long id)
    {
        if (_sessions.Count >= MostSessions)
        {
            var oldest = _sessions.Values.MinBy(s => s.LastUse)!;
            _sessions.Remove(oldest.Id);
            Forgotten = oldest.Id;
        }

        return _latest = _sessions[id] = new Session(id);
    }
}
