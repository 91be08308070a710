using Quorate.Data.Sessions;
using Quorate.Replication;

namespace Quorate.Data.Shipping;

/// <summary>What the last entries did to sessions: a ring of which session, and which reply. Bounded: with the oldest
/// forgotten, changes since before it are unknown.</summary>
internal sealed class RecentSessions
{
    /// <summary>Changes kept, at most.</summary>
    public const int Most = 1 << 16;

    private const long NoReply = -1;

    private readonly record struct Change(LogIndex Index, long Session, long Sequence, bool IsNew);

    private Change[] _ring = new Change[64];
    private int _first;
    private int _count;

    /// <summary>All changes after this entry are known.</summary>
    public LogIndex KnownSince { get; private set; }

    /// <summary>Nothing before and at this entry is known.</summary>
    public void Forget(LogIndex upTo)
    {
        KnownSince = upTo;
        _count = 0;
    }

    /// <summary>The session was used, made or removed.</summary>
    public void Note(LogIndex index, long session, bool isNew) => Add(new Change(index, session, NoReply, isNew));

    public void NoteReply(LogIndex index, long session, long sequence) => Add(new Change(index, session, sequence, false));

    /// <summary>Writes the present state of all sessions changed after <paramref name="since"/>, of their replies only those
    /// given after it. False: more than <paramref name="mostBytes"/>; what was written is of no use.</summary>
    public bool TryWrite(LogIndex since, SessionTable sessions, ref EffectWriter effect, long mostBytes)
    {
        var first = _count;
        while (first > 0 && At(first - 1).Index > since) first--;
        if (first == _count) return true;
        var changes = new Change[_count - first];
        for (var i = 0; i < changes.Length; i++) changes[i] = At(first + i);
        Array.Sort(changes, static (a, b) =>
            a.Session != b.Session ? a.Session.CompareTo(b.Session) : a.Sequence.CompareTo(b.Sequence));
        for (int i = 0, end; i < changes.Length; i = end)
        {
            var id = changes[i].Session;
            var isNew = false;
            for (end = i; end < changes.Length && changes[end].Session == id; end++) isNew |= changes[end].IsNew;
            if (sessions.Find(id) is not { } session)
            {
                effect.NoSession(id);
                continue;
            }

            effect.Session(session, isNew);
            for (var n = i; n < end; n++)
            {
                // A session that began anew may have used a sequence twice.
                if (changes[n].Sequence == NoReply || (n > i && changes[n].Sequence == changes[n - 1].Sequence)) continue;
                effect.Reply(session, changes[n].Sequence);
                if (effect.Length > mostBytes) return false;
            }
        }

        return true;
    }

    private ref Change At(int i) => ref _ring[(_first + i) & (_ring.Length - 1)];

    private void Add(Change change)
    {
        if (_count == _ring.Length && _count < Most)
        {
            var larger = new Change[_count * 2];
            for (var i = 0; i < _count; i++) larger[i] = At(i);
            (_ring, _first) = (larger, 0);
        }

        if (_count == Most)
        {
            KnownSince = LogIndex.Max(KnownSince, At(0).Index);
            _first = (_first + 1) & (_ring.Length - 1);
            _count--;
        }

        At(_count++) = change;
    }
}
