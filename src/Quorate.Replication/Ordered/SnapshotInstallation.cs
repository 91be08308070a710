namespace Quorate.Replication.Ordered;

/// <summary>A snapshot on its way from another replica into this one: kept on disk piece by piece and fed to the state
/// machine, which changes only when all of it is here and durable. [Raft §7]</summary>
public sealed class SnapshotInstallation
{
    private readonly ISnapshotWriter _writer;
    private readonly ISnapshotTarget _target;
    private readonly int _pieceCount;

    internal SnapshotInstallation(NodeId source, in Piece first, ISnapshots storage, IStateMachine machine)
    {
        Source = source;
        _pieceCount = first.Count;
        Header = new SnapshotHeader(first.Index, first.Stamp, first.Extra.ToArray());
        _writer = storage.Create(Header);
        _target = machine.BeginRestore();
    }

    public NodeId Source { get; }

    public SnapshotHeader Header { get; }

    public LogIndex Index => Header.Index;

    /// <summary>Bytes of state received so far.</summary>
    public long Bytes { get; private set; }

    internal int NextPiece { get; private set; }

    internal bool IsSealing { get; private set; }

    /// <summary>Puts the snapshot in place of the state.</summary>
    public void Complete() => _target.Complete();

    /// <summary>True when the piece belongs to this very snapshot: two nodes may cut the same state differently.</summary>
    internal bool Continues(NodeId source, in Piece piece) =>
        source == Source && piece.Index == Index && piece.Stamp == Header.Stamp && piece.Count == _pieceCount;

    /// <summary>Takes the piece if it is the next one.</summary>
    /// <returns>False: it is not what a source wrote; the installation is no good.</returns>
    internal bool TryAccept(in Piece piece)
    {
        if (piece.Number != NextPiece) return true;
        if (!_target.TryAccept(piece.Data.Span)) return false;
        _writer.Append(piece.Data.Span);
        Bytes += piece.Data.Length;
        NextPiece++;
        if (NextPiece < _pieceCount) return true;
        IsSealing = true;
        _writer.Seal();
        return true;
    }

    /// <summary>Gives the writer back; what was sealed stays.</summary>
    internal void Close() => _writer.Dispose();
}
