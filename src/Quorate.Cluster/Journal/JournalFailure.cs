namespace Quorate.Cluster.Journal;

/// <summary>There is no room on the disk (or in the quota). Thrown by <see cref="IJournalFiles"/> in place of a plain
/// <see cref="IOException"/> so that the operator is told the one thing he can mend.</summary>
public sealed class DiskFullException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>Why a journal stopped for good.</summary>
public enum JournalFailure : byte
{
    None,

    /// <summary>No room for the next segment. Free some and start the node again.</summary>
    DiskFull,

    /// <summary>A segment could not be created, written, renamed or deleted.</summary>
    Write,

    /// <summary>fdatasync or fsync failed: what was written since the last success may or may not be on the disk, and
    /// asking again would answer yes without looking. Only reading it back after a restart tells.</summary>
    Sync,
}
