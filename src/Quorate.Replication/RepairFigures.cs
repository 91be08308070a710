namespace Quorate.Replication;

/// <summary>How far replicas whose data merges are from having heard the same.</summary>
/// <param name="StampsRefused">Updates refused because their stamps were too far ahead of this node's clock.</param>
/// <param name="HintsKept">Updates kept here for holders that could not be reached.</param>
/// <param name="UnrepairedMilliseconds">Leaderless keyspaces: how long ago the pair of holders was compared that was compared
/// least recently; -1 while one never was.</param>
public readonly record struct RepairFigures(long StampsRefused, long HintsKept, long UnrepairedMilliseconds)
{
    /// <summary>Of both together.</summary>
    public RepairFigures Plus(in RepairFigures other) => new(
        StampsRefused + other.StampsRefused,
        HintsKept + other.HintsKept,
        UnrepairedMilliseconds < 0 || other.UnrepairedMilliseconds < 0
            ? -1
            : Math.Max(UnrepairedMilliseconds, other.UnrepairedMilliseconds));
}
