namespace Quorate.Replication;

/// <summary>A place in the one sequence of entries of an ordered group. Epoch (or term) and index together name an entry:
/// where two logs have the same at an index, they agree up to there.</summary>
/// <param name="Epoch">The epoch or term in which the entry was made.</param>
/// <param name="Index">0: before the first.</param>
public readonly record struct HistoryPoint(Epoch Epoch, LogIndex Index)
{
    /// <summary>How a state that has come to <paramref name="reached"/> stands to somebody who has seen this point.</summary>
    /// <param name="reached">The last entry of the state.</param>
    /// <param name="here">The epoch of the entry that the state has at <see cref="Index"/>; asked only where it is that
    /// far.</param>
    public Standing Under(in HistoryPoint reached, Epoch here)
    {
        // Epochs never fall along a log: behind a later epoch comes no entry of an earlier one.
        if (Index > reached.Index) return reached.Epoch > Epoch ? Standing.Lost : Standing.Behind;
        // An entry of an earlier epoch than the one seen is what a later leader replaces.
        return here == Epoch ? Standing.Contains : here > Epoch ? Standing.Lost : Standing.Behind;
    }
}

/// <summary>What a replica's state is to somebody who has seen the group's history up to a point.</summary>
public enum Standing : byte
{
    /// <summary>The state contains the entry, and so all before it.</summary>
    Contains,

    /// <summary>Not yet: the replica has not come so far, or holds what a later leader replaces.</summary>
    Behind,

    /// <summary>The group's history went on without the entry, or so long ago that it cannot be told any more.</summary>
    Lost,
}

/// <summary>
/// Where the state of a replica of an ordered strategy stands in the history of its group. A view of the replica at this
/// moment; cheap enough to be asked with every read. One caller at a time.
/// </summary>
public interface IHistory
{
    /// <summary>The last committed entry that is part of the state.</summary>
    HistoryPoint Reached { get; }

    /// <summary>False: there is nothing to be read: the replica is empty, half restored, or holds what the group gave
    /// up.</summary>
    bool HasState { get; }

    /// <summary>Nothing is in the state that is not committed. A primary that ships state executes first and commits
    /// then.</summary>
    bool IsCommitted { get; }

    Standing Of(in HistoryPoint point);
}
