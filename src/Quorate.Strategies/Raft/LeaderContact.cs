using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>
/// When this replica last heard a leader. Less than the shortest election timeout ago: it votes for no other. The time is that of
/// this node's clock and outlives terms, because the leader's lease counts on it whatever happened since. [Raft §4.2.3, §6.4.1]
/// </summary>
internal sealed class LeaderContact(RaftOptions options, Step step)
{
    private long? _heardAt;

    public bool IsRecent => IsWithin(options.ElectionTimeoutNanoseconds);

    /// <summary>Elections this replica stood for since it last knew a leader.</summary>
    public int ElectionsBegun { get; set; }

    public bool IsWithin(long nanoseconds) => _heardAt is { } at && step.Now.Nanoseconds - at < nanoseconds;

    public void NoteHeard() => _heardAt = step.Now.Nanoseconds;

    /// <summary>Its node was heard then, which counts as much while the group was quiet.</summary>
    public void NoteHeard(long at) => _heardAt = Math.Max(_heardAt ?? long.MinValue, at);
}
