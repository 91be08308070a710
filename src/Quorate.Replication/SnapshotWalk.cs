using System.Buffers;

namespace Quorate.Replication;

/// <summary>
/// One snapshot in the making: walks over the state in small steps while commands go on, and hands what it gathers to the
/// writer in larger pieces. A step at the end of a turn is felt by every command of that turn, because keys that are in no
/// cache are slow to walk over; and a snapshot for which nobody waits takes its time (a piece a tick), because all nodes
/// make theirs at about the same moment. A tick in which nothing is asked of the replica is taken for more. Not safe for
/// use by several threads.
/// </summary>
public sealed class SnapshotWalk
{
    private const int TurnBytes = 16 << 10;

    private const int PiecesOfIdleTick = 4;

    private readonly ArrayBufferWriter<byte> _piece = new();
    private readonly ISnapshotWriter _writer;
    private readonly int _pieceBytes;
    private ISnapshotSource? _source;
    private int _turns;
    private int _left;

    /// <param name="source">the state; disposed when all of it is written</param>
    /// <param name="writer">where it goes; disposed with this</param>
    /// <param name="pieceBytes">about how many bytes a piece has, above 0</param>
    public SnapshotWalk(ISnapshotSource source, ISnapshotWriter writer, int pieceBytes)
    {
        _source = source;
        _writer = writer;
        _pieceBytes = _left = pieceBytes;
    }

    /// <summary>Somebody waits for it: the log grows until he has it.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>Everything is with the writer; what is missing is its word that it is durable.</summary>
    public bool IsSealing => _source is null;

    /// <summary>Bytes of state that the writer was given.</summary>
    public long Bytes { get; private set; }

    /// <summary>A small step, unless those since the last tick make a piece; a larger one, always, when it is awaited.</summary>
    public void OnTurnEnd()
    {
        _turns++;
        var bytes = Math.Min(IsAwaited ? 4 * TurnBytes : TurnBytes, IsAwaited ? _pieceBytes : _left);
        if (bytes == 0) return;
        if (!IsAwaited) _left -= bytes;
        Step(bytes);
    }

    /// <summary>A step of what the turns since the last tick left of a piece, or of several when there was no turn but that
    /// tick's own.</summary>
    public void OnTick()
    {
        if (_turns <= 1)
        {
            for (var i = 0; i < PiecesOfIdleTick; i++) Step(_pieceBytes);
        }
        else if (_left > 0)
        {
            Step(_left);
        }

        _turns = 0;
        _left = _pieceBytes;
    }

    /// <summary>Gives up what is not sealed; does nothing to what is.</summary>
    public void Close()
    {
        _source?.Dispose();
        _source = null;
        _writer.Dispose();
    }

    private void Step(int bytes)
    {
        if (_source is null || !_writer.IsReady) return;
        var more = _source.WriteNext(_piece, bytes);
        if (more && _piece.WrittenCount < _pieceBytes) return;
        // Even an empty state takes one piece, so that there is something to send.
        if (_piece.WrittenCount > 0 || Bytes == 0) _writer.Append(_piece.WrittenSpan);
        Bytes += _piece.WrittenCount;
        _piece.ResetWrittenCount();
        if (more) return;
        _source.Dispose();
        _source = null;
        _writer.Seal();
    }
}
