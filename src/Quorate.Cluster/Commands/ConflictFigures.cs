namespace Quorate.Cluster.Commands;

/// <summary>What became of concurrent writes, over all keyspaces of a node whose data merges.</summary>
/// <param name="Keys">Keys that hold a conflict now.</param>
/// <param name="Seen">Values that became concurrent with another since the node was started.</param>
/// <param name="Lost">Overwritten concurrent values that were put into the log of losses.</param>
/// <param name="RuleFailures">Times that a merge rule made nothing of its values. More than 0 is an alarm: some keys wait for
/// somebody to look at them.</param>
public readonly record struct ConflictFigures(long Keys, long Seen, long Lost, long RuleFailures);
