using Quorate.Cluster.Hosting;
using Quorate.Replication;

namespace Quorate.Cluster.Reads;

/// <summary>A client's session whose reads other replicas answer, in runs.</summary>
internal interface IReader : IAsker
{
    /// <summary>What the connection has seen.</summary>
    SessionPositions Positions { get; }

    /// <summary>A run is answered: <paramref name="replies"/> are those to its first <paramref name="count"/> commands.</summary>
    /// <param name="ticket">Which run.</param>
    /// <param name="group">Whose state answered.</param>
    /// <param name="rule">What its reads may return.</param>
    /// <param name="point">How far that state was.</param>
    /// <param name="count">Commands answered.</param>
    /// <param name="replies">Each with its length before it.</param>
    void OnRunAnswered(
        long ticket, GroupId group, in ReadRule rule, in HistoryPoint point, int count, ReadOnlySpan<byte> replies);

    /// <summary>What the session has seen is not in the group's history any more.</summary>
    void OnRunLost(long ticket);

    /// <summary>No replica could: the reads wait until one can, or until the session gives them up.</summary>
    void OnRunFailed(long ticket);
}
