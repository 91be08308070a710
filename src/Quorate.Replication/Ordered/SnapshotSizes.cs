namespace Quorate.Replication.Ordered;

/// <summary>How large a replica's snapshots, their pieces and the log beside them may be. All above 0.</summary>
/// <param name="ThresholdBytes">a snapshot is made when this many bytes of log were journaled since the last, or twice that
/// one's size, if more</param>
/// <param name="PieceBytes">a piece has about this many bytes</param>
/// <param name="Window">pieces on the way to one replica, at most</param>
/// <param name="MaxLagBytes">log kept for a replica that lags</param>
public readonly record struct SnapshotSizes(long ThresholdBytes, int PieceBytes, int Window, long MaxLagBytes);
