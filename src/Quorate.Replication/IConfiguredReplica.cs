namespace Quorate.Replication;

/// <summary>
/// A replica of a strategy that takes its configuration from the control plane instead of electing for itself.
/// The contract, on which the safety of a fail-over stands:
/// <list type="number">
/// <item>A replica that has accepted an epoch (durably, before <see cref="Report"/> shows it) takes no part in older ones.</item>
/// <item>The control plane names a new leader only after the old one's lease has run out by any clock within the
/// allowed drift, or after the old one has itself accepted the newer epoch.</item>
/// <item>What a leaderless configuration (a seal) is answered with, <see cref="Report"/>, is what the control plane chooses
/// by.</item>
/// </list>
/// </summary>
public interface IConfiguredReplica : IReplica
{
    /// <summary>The newest configuration accepted; null before the first.</summary>
    GroupConfiguration? Configuration { get; }

    /// <summary>What this replica certainly holds, at the epoch it has durably accepted.</summary>
    ReplicaReport Report { get; }

    /// <summary>The configuration this replica asks the control plane for, with the next epoch (a backup that does not
    /// answer leaves the in-sync set, a learner that has caught up joins it); null when it is content. The control plane
    /// takes it only if the epoch it has is the one before.</summary>
    GroupConfiguration? Wanted { get; }

    /// <summary>Of a replica that the configuration has let go: nothing that must not be lost is here only. Until then the
    /// node keeps it.</summary>
    bool MayLeave => true;

    /// <summary>The control plane's word. Older than or equal to the accepted one: ignored.</summary>
    void OnConfiguration(GroupConfiguration configuration, StepTime now, Effects effects);

    /// <summary>This node may act in the role that <paramref name="epoch"/> gives it until
    /// <paramref name="untilNanoseconds"/> by its monotonic clock (<see cref="StepTime.Nanoseconds"/>). Ignored for an
    /// epoch that is not the accepted one; never shortens an earlier grant of the same epoch.</summary>
    void OnLease(Epoch epoch, long untilNanoseconds, StepTime now, Effects effects);
}

/// <summary>What a replica holds.</summary>
/// <param name="Epoch">The newest epoch durably accepted.</param>
/// <param name="LastEpoch">The epoch in which its last entry was made.</param>
/// <param name="LastIndex">Its last durable entry. Of two replicas the more advanced is the one with the greater
/// (<paramref name="LastEpoch"/>, <paramref name="LastIndex"/>).</param>
/// <param name="CommitIndex">The last entry it knows to be committed.</param>
/// <param name="NeedsState">True when it holds nothing it could serve or be led from: an empty or a half restored
/// replica.</param>
public readonly record struct ReplicaReport(
    Epoch Epoch, Epoch LastEpoch, LogIndex LastIndex, LogIndex CommitIndex, bool NeedsState)
{
    /// <summary>Whether this replica holds more of the history than the other.</summary>
    public bool IsAheadOf(in ReplicaReport other) =>
        NeedsState != other.NeedsState ? other.NeedsState
        : LastEpoch != other.LastEpoch ? LastEpoch > other.LastEpoch
        : LastIndex > other.LastIndex;
}

/// <summary>Where entries go that a replica held and that the history chosen at a fail-over lacks. They are kept
/// durably until somebody looks at them; the record is in the journal before the one that forgets the entry.</summary>
public interface ILostAndFound
{
    /// <summary>Keeps one entry. Copies the bytes.</summary>
    /// <param name="madeIn">The epoch in which the lost entry was made.</param>
    void Keep(Epoch madeIn, LogIndex index, ReadOnlySpan<byte> payload);
}
