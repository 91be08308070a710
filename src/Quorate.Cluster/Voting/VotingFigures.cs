namespace Quorate.Cluster.Voting;

/// <summary>What a group's comparing of replicas has come to on this node. Counters of this life; those of digests and reads
/// count on the node that led at the time.</summary>
public sealed record VotingFigures
{
    /// <summary>Ranges on which all replicas agreed, or the majority did and no other contradicted in time.</summary>
    public long RangesAgreed { get; set; }

    /// <summary>Ranges for which there were not enough hashes in time to tell.</summary>
    public long RangesUndecided { get; set; }

    /// <summary>Times that the whole state was gone over.</summary>
    public long Rounds { get; set; }

    /// <summary>Voted reads answered.</summary>
    public long VotedReads { get; set; }

    /// <summary>Those among them for which a replica had something else.</summary>
    public long MaskedReads { get; set; }

    /// <summary>Voted reads for which no majority came in time.</summary>
    public long UndecidedReads { get; set; }

    /// <summary>Times that a replica contradicted a majority, in digests and reads.</summary>
    public long Dissents { get; set; }

    /// <summary>Times that replicas contradicted each other and there was no majority.</summary>
    public long Disagreements { get; set; }

    /// <summary>Replicas that this node, leading, has sent into quarantine, itself included.</summary>
    public long QuarantinesOrdered { get; set; }

    /// <summary>Times that the replica here got its state anew from another.</summary>
    public long Reseeds { get; set; }
}
