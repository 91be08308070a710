using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster;

/// <summary>A hint, before the commands that came together are executed: begins to fetch the keys that the first few read.</summary>
public static class Foresight
{
    /// <summary>Looks at the first commands of <paramref name="input"/>.</summary>
    /// <returns>How many bytes it looked at; worth calling again once they are executed.</returns>
    public static int Foresee(this ClientSession session, ReadOnlySpan<byte> input)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (session.Group.Merging is { } merging) return merging.Foresee(input);
        if (session.PendingCount > 0) return input.Length; // they will wait, and what was fetched would be gone again
        var machine = session.Group.Machine;
        var at = 0;
        for (var i = 0; i < IStateMachine.ForesightWindow; i++)
        {
            if (!TwoWordScan.TryRead(input[at..], out var key, out var length)) return i == 0 ? input.Length : at;
            if (length == input.Length) return length; // nothing to overlap with
            machine.Foresee(session.Database, key);
            at += length;
        }

        return at;
    }
}
