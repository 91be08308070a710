namespace Quorate.Replication.Rows;

/// <summary>How often a node with quiet groups pings the others, and after how long a silence of one it stirs the groups that it
/// shares with that one. In ticks of <see cref="IReplica.TickLength"/>.</summary>
public readonly record struct PingRhythm(int PingTicks, int SilenceTicks);
