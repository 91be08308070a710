using Quorate.Replication;

namespace Quorate.Strategies.MultiLeader;

/// <summary>What a replica has counted since it was made. A value; new ones are made by copying.</summary>
public record struct MultiLeaderStatistics
{
    /// <summary>Deltas that this replica made.</summary>
    public long OwnDeltas { get; set; }

    /// <summary>Deltas of others that became part of its state.</summary>
    public long DeltasMerged { get; set; }

    /// <summary>Deltas that came though they were known: more than a few say that a link is slow or a loop is open.</summary>
    public long DeltasKnown { get; set; }

    /// <summary>Deltas that came before what they depend on, and waited.</summary>
    public long DeltasHeld { get; set; }

    /// <summary>Deltas for which there was no room to wait; they come again.</summary>
    public long DeltasDropped { get; set; }

    /// <summary>Deltas forgotten though a member lacks them; it fetches states.</summary>
    public long DeltasOverflowed { get; set; }

    /// <summary>Deltas and states refused because their stamps are too far ahead of the clock here.</summary>
    public long StampsRefused { get; set; }

    /// <summary>Values that became concurrent with others by what came from elsewhere.</summary>
    public long Conflicts { get; set; }

    /// <summary>Deltas and states that the machine could not read: a damaged or newer sender.</summary>
    public long Malformed { get; set; }

    public long BytesShipped { get; set; }

    public long BytesOfState { get; set; }

    /// <summary>Whole states fetched from another member, and the pieces of those and of unfinished ones.</summary>
    public long Pulls { get; set; }

    public long PiecesPulled { get; set; }

    /// <summary>Comparisons of digests answered, and those in which something differed that should not.</summary>
    public long Comparisons { get; set; }

    public long Divergences { get; set; }

    /// <summary>Deltas that somebody may lack, now.</summary>
    public long BacklogDeltas { get; set; }

    public long BacklogBytes { get; set; }

    public int HeldDeltas { get; set; }

    public int HeldBytes { get; set; }

    public int WaitingWrites { get; set; }
}

/// <summary>What a replica knows of another member.</summary>
/// <param name="IsReachable">False: its lag is imposed by a failure; true: it is inherent, work on its way.</param>
/// <param name="LagDeltas">Deltas in the log here that it has not confirmed.</param>
/// <param name="LagBytes">Their bytes.</param>
/// <param name="LagMilliseconds">Age of the oldest of them here.</param>
/// <param name="LacksState">It lacks more than the log tells of.</param>
/// <param name="RefusesStamps">The clock here is too far ahead for it.</param>
/// <param name="ClockOffsetMilliseconds">Its clock less the one here when it last told, less the way.</param>
/// <param name="HoldsUpForgetting">It has confirmed nothing for a while, or never: what was removed is remembered until it does,
/// or leaves the group.</param>
public sealed record MemberStatus(
    NodeId Node,
    bool IsReachable,
    long LagDeltas,
    long LagBytes,
    long LagMilliseconds,
    bool LacksState,
    bool RefusesStamps,
    long ClockOffsetMilliseconds,
    bool HoldsUpForgetting,
    long BytesSent);

/// <summary>A replica's state at one moment, for people and for checkers.</summary>
public sealed record MultiLeaderStatus
{
    public required bool IsServing { get; init; }

    public required Epoch Epoch { get; init; }

    public required bool NeedsState { get; init; }

    /// <summary>Others may have updates of this replica's earlier lives that it lacks.</summary>
    public required bool HasGaps { get; init; }

    /// <summary>False: states were merged, and until all that they depend on has come, an update may be shown before
    /// another that it depends on.</summary>
    public required bool IsCausal { get; init; }

    /// <summary>The member whose state is being fetched; none: no state is.</summary>
    public required NodeId Source { get; init; }

    /// <summary>The updates seen, seen durably, and confirmed by all members.</summary>
    public required string Seen { get; init; }

    public required string DurableSeen { get; init; }

    public required string Stable { get; init; }

    public required MultiLeaderStatistics Statistics { get; init; }

    /// <summary>The other members, by ascending id.</summary>
    public required IReadOnlyList<MemberStatus> Members { get; init; }
}
