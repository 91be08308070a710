namespace Quorate.Replication.Ordered;

/// <summary>What the snapshots of an ordered replica need of its strategy: where its state stands, what its rules allow, and
/// how pieces travel. One caller at a time.</summary>
public interface ISnapshotOwner
{
    /// <summary>The state is the one after this entry.</summary>
    LogIndex LastApplied { get; }

    /// <summary>Bytes of log that were journaled since the last snapshot was sealed.</summary>
    long BytesSinceSnapshot { get; }

    /// <summary>The strategy's rules allow a snapshot of the state as it is now.</summary>
    bool MayMakeSnapshot => true;

    /// <summary>The strategy's rules allow sealed snapshots of this replica to be sent.</summary>
    bool MaySendSnapshots => true;

    /// <summary>What a snapshot of <see cref="LastApplied"/> says of itself.</summary>
    SnapshotHeader MakeHeader();

    /// <summary>The state, or the log that leads on from it, has what a snapshot at this index would bring.</summary>
    bool HasOvertaken(LogIndex index);

    /// <summary>A sealed snapshot, which may have been received long ago, belongs to the history of this log.</summary>
    bool IsOfThisHistory(SnapshotHeader header) => true;

    /// <summary>Sends a piece to the replica that is being filled.</summary>
    void SendPiece(NodeId to, in Piece piece);

    /// <summary>A snapshot that this replica made is durable: the journal before it is not needed any more.</summary>
    void OnSnapshotMade(SnapshotHeader header);

    /// <summary>A snapshot of another replica is here and durable. The strategy decides whether it still wants it, and then
    /// calls <see cref="SnapshotInstallation.Complete"/> and moves its log.</summary>
    void OnSnapshotReceived(SnapshotInstallation snapshot);
}
