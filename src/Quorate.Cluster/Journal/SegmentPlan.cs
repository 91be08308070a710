namespace Quorate.Cluster.Journal;

/// <summary>
/// House-keeping that may run beside the writing: prepare the next segment, delete segments that no group needs. Made by
/// <see cref="NodeJournal.PlanNext"/>, carried out by <see cref="NodeJournal.Prepare"/>, ended by
/// <see cref="NodeJournal.EndPlan"/>.
/// </summary>
public sealed class SegmentPlan
{
    internal SegmentPlan()
    {
    }

    /// <summary>Segment to prepare; 0: none.</summary>
    internal long Number { get; init; }

    internal long Length { get; init; }

    /// <summary>Name of a segment that no group needs, to be used again; null: create a new one.</summary>
    internal string? Recycle { get; init; }

    internal List<string> Delete { get; } = [];

    internal JournalFailure Failure { get; set; }

    internal string? Why { get; set; }
}
