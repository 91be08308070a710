using Quorate.Data.Sessions;
using Quorate.Data.Store;
using Quorate.Replication;

namespace Quorate.Data;

/// <summary>
/// A hash of a state, or of a range of it, that does not depend on the order in which its parts are visited: equal for equal
/// states, however they came about. Of a key: all that <see cref="KeyDigest"/> takes. What statistics count, how the table
/// lies in memory and which blob has spare room is no part of it.
/// </summary>
internal static class StateDigest
{
    public static ulong Of(IReadOnlyList<Database> databases, SessionTable sessions, long clock) =>
        OfRest(sessions, clock) + OfKeys(new StateRange(0, 0), databases);

    /// <summary>Takes time in proportion to the keys in the range.</summary>
    public static ulong Of(StateRange range, IReadOnlyList<Database> databases, SessionTable sessions, long clock) =>
        range.IsRest ? OfRest(sessions, clock) : OfKeys(range, databases);

    private static ulong OfKeys(StateRange range, IReadOnlyList<Database> databases)
    {
        var sum = 0UL;
        foreach (var database in databases)
            if (database.Count > 0) sum += database.Store.Digest(range);
        return sum;
    }

    private static ulong OfRest(SessionTable sessions, long clock)
    {
        var sum = KeyDigest.Mix(0, 0, clock, sessions.Uses, 0);
        foreach (var session in sessions.All)
        {
            sum += KeyDigest.Mix(1, (ulong)session.Id, session.Low, session.LastUse, 0);
            for (var sequence = session.Low; sequence < session.End; sequence++)
                if (session.TryGet(sequence, out var reply))
                    sum += KeyDigest.Mix(2, Hash.Of(reply.Span), session.Id, sequence, 0);
        }

        return sum;
    }
}
