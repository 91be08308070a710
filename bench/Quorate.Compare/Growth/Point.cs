using Quorate.Compare.Load;

namespace Quorate.Compare.Growth;

/// <summary>One measurement on the way up: how much work there was, and what it cost.</summary>
/// <param name="Step">What is different in this step, e.g. <c>1 M keys</c>.</param>
/// <param name="Work">How many times the work of one operation is that of the first step, were the cost proportional to
/// it.</param>
/// <param name="LeaderBytes">Resident memory of the leader.</param>
internal sealed record Point(string Step, double Work, Sample Sample, long LeaderBytes, string Note = "");
