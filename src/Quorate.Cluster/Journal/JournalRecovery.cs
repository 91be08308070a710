using Quorate.Replication;

namespace Quorate.Cluster.Journal;

/// <summary>Takes one recovered record, in the order of appending; its bytes are valid during the call only. False: the
/// record makes no sense; the journal is refused.</summary>
public delegate bool JournalRecoveryHandler(GroupId group, ReadOnlySpan<byte> record, PersistPoint point);

/// <summary>What <see cref="NodeJournal.Open"/> found.</summary>
public sealed record JournalRecovery
{
    /// <summary>The journal, ready for appending; null when it was refused.</summary>
    public NodeJournal? Journal { get; init; }

    /// <summary>Why the journal must not be used: what is damaged, where, and what to do. Null when all is well.</summary>
    public string? Refusal { get; init; }

    /// <summary>There was no journal: this is a new node, or one whose folder was emptied. The shell must not let a node
    /// that has lived before start like that.</summary>
    public bool IsNew { get; init; }

    /// <summary>The last recovered point; durable.</summary>
    public PersistPoint Last { get; init; }

    /// <summary>Records handed to the handler.</summary>
    public long Records { get; init; }

    /// <summary>Batches of which something lay behind the end: left from writes that never completed, and now erased. Not an
    /// error. 0 also when the one batch that was cut begins at the end.</summary>
    public int BatchesCut { get; init; }
}
