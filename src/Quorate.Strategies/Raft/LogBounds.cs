using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>How far the log is committed, and how far memory may forget it.</summary>
internal sealed class LogBounds
{
    /// <summary>Rises only; never beyond what a quorum has durably. [Raft fig. 2]</summary>
    public LogIndex CommitIndex { get; set; }

    /// <summary>Every member has the log up to here, as far as the leader knows: memory may forget it.</summary>
    public LogIndex DropIndex { get; set; }
}
