using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>A snapshot on its way from its feeder into this replica: kept on disk piece by piece and fed to the state
/// machine, which changes only when all of it is here and durable.</summary>
internal sealed class SnapshotInstallation
{
    private readonly ISnapshotWriter _writer;
    private readonly ISnapshotTarget _target;
    private readonly int _pieceCount;

    public SnapshotInstallation(PrimaryReplica replica, NodeId source, InstallSnapshot first)
    {
        Invariant.Require(SnapshotPast.TryDecode(first.Past.Span, first.Index, first.IndexEpoch, out var past), "the codec checked it");
        Source = source;
        _pieceCount = first.PieceCount;
        Index = first.Index;
        Epoch = first.IndexEpoch;
        Past = past;
        _writer = replica.Snapshots.Create(new SnapshotHeader(Index, new Term(Epoch.Value), first.Past.ToArray()));
        _target = replica.Machine.BeginRestore();
    }

    public NodeId Source { get; }

    public LogIndex Index { get; }

    public Epoch Epoch { get; }

    public SnapshotPast Past { get; }

    public int NextPiece { get; private set; }

    public long Bytes { get; private set; }

    public bool IsSealing { get; private set; }

    /// <summary>True when the piece belongs to this very snapshot: two nodes may cut the same state differently.</summary>
    public bool Continues(NodeId source, InstallSnapshot piece) =>
        source == Source && piece.Index == Index && piece.IndexEpoch == Epoch && piece.PieceCount == _pieceCount;

    /// <summary>Takes the piece if it is the next one.</summary>
    /// <returns>False: it is not what a source wrote; the installation is no good.</returns>
    public bool TryAccept(InstallSnapshot piece)
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
