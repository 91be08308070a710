using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>How far the log is committed, agrees with the primary's, and may be forgotten.</summary>
internal sealed class LogMarks
{
    /// <summary>What the log holds up to here is committed, as far as this replica knows. Rises within an epoch.</summary>
    public LogIndex CommitIndex { get; set; }

    /// <summary>The log of a backup agrees with that of this epoch's primary up to here; more may, less may not.</summary>
    public LogIndex Verified { get; set; }

    /// <summary>Every replica has the log up to here, as far as the primary knows: memory may forget it.</summary>
    public LogIndex DropIndex { get; set; }

    public void Verify(LogIndex index) => Verified = LogIndex.Max(Verified, index);

    /// <summary>The log ends at <paramref name="last"/> now.</summary>
    public void OnLogEnds(LogIndex last) => Verified = LogIndex.Min(Verified, last);
}
