using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>A snapshot on its way from the tail into this replica: kept on disk piece by piece and fed to the state machine,
/// which changes only when all of it is here and durable.</summary>
internal sealed class SnapshotInstallation
{
    private readonly ISnapshotWriter _writer;
    private readonly ISnapshotTarget _target;
    private readonly NodeId _source;
    private readonly int _pieceCount;

    public SnapshotInstallation(ChainReplica replica, NodeId source, SnapshotPiece first)
    {
        _source = source;
        _pieceCount = first.PieceCount;
        (Index, Epoch) = (first.Index, first.IndexEpoch);
        _writer = replica.Snapshots.Create(new SnapshotHeader(Index, new Term(Epoch.Value), default));
        _target = replica.Machine.BeginRestore();
    }

    public LogIndex Index { get; }

    public Epoch Epoch { get; }

    public int NextPiece { get; private set; }

    public long Bytes { get; private set; }

    public bool IsSealing { get; private set; }

    /// <summary>True when the piece belongs to this very snapshot: two nodes may cut the same state differently.</summary>
    public bool Continues(NodeId source, SnapshotPiece piece) =>
        source == _source && piece.Index == Index && piece.IndexEpoch == Epoch && piece.PieceCount == _pieceCount;

    /// <summary>Takes the piece if it is the next one.</summary>
    /// <returns>False: it is not what a source wrote; the installation is no good.</returns>
    public bool TryAccept(SnapshotPiece piece)
    {
        if (piece.Piece != NextPiece) return true;
        if (!_target.TryAccept(piece.Data.Span)) return false;
        _writer.Append(piece.Data.Span);
        Bytes += piece.Data.Length;
        NextPiece++;
        if (NextPiece < _pieceCount) return true;
        IsSealing = true;
        _writer.Seal();
        return true;
    }

    /// <summary>Puts the snapshot in place of the state.</summary>
    public void Complete() => _target.Complete();

    /// <summary>Gives the writer back; what was sealed stays.</summary>
    public void Close() => _writer.Dispose();
}
