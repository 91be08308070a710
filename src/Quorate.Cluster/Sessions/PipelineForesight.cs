using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Sessions;

/// <summary>A hint, before the commands that came together are executed: begins to fetch the keys that the first few
/// need.</summary>
public static class PipelineForesight
{
    /// <summary>Looks at the first commands of <paramref name="input"/>: reads, and where data merges writes too, which are
    /// executed as they come.</summary>
    /// <returns>How many bytes it looked at; worth calling again once they are executed.</returns>
    public static int Foresee(this ClientSession session, ReadOnlySpan<byte> input)
    {
        ArgumentNullException.ThrowIfNull(session);
        var keyspace = session.Keyspace;
        var foreseesWrites = keyspace.Commands.HandsOnReads;
        // they will wait, and what was fetched would be gone again
        if (!foreseesWrites && session.PendingCount > 0) return input.Length;
        var at = 0;
        for (var i = 0; i < IStateMachine.ForesightWindow; i++)
        {
            var rest = input[at..];
            var isRead = foreseesWrites
                ? TwoWordScan.TryReadThree(rest, out var key, out var length)
                : TwoWordScan.TryRead(rest, out key, out length);
            if (!isRead)
                return i == 0 ? input.Length : at;
            if (length == input.Length) return length; // nothing to overlap with
            if (!keyspace.Of(key).Foresee(keyspace.Database, key)) return input.Length;
            at += length;
        }

        return at;
    }
}
