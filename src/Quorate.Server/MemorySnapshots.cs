using Quorate.Replication;

namespace Quorate.Server;

/// <summary>The snapshots of one group under durability <c>memory</c>: the newest sealed one, as pieces in memory.
/// Used under the node's lock.</summary>
/// <param name="onSealed">Called from the thread pool once a snapshot is the newest.</param>
internal sealed class MemorySnapshots(Action<LogIndex> onSealed) : ISnapshots
{
    private Snapshot? _newest;
    private object? _current; // the writer that was begun last

    public ISnapshotWriter Create(SnapshotHeader header)
    {
        var writer = new Writer(this, header with { Extra = header.Extra.ToArray() });
        _current = writer;
        return writer;
    }

    public ISnapshotReader? OpenNewest() => _newest is null ? null : new Reader(_newest);

    private sealed record Snapshot(SnapshotHeader Header, List<byte[]> Pieces);

    private sealed class Writer(MemorySnapshots owner, SnapshotHeader header) : ISnapshotWriter
    {
        private readonly List<byte[]> _pieces = [];
        private bool _isOver;

        public bool IsReady => IsOpen;

        private bool IsOpen => !_isOver && owner._current == this;

        public void Append(ReadOnlySpan<byte> piece)
        {
            if (IsOpen) _pieces.Add(piece.ToArray());
        }

        public void Seal()
        {
            if (!IsOpen) return;
            _isOver = true;
            owner._newest = new Snapshot(header, _pieces);
            // Not from here: the replica is in the middle of a step.
            ThreadPool.UnsafeQueueUserWorkItem(static s => s.owner.OnSealed(s.header.Index), (owner, header), preferLocal: false);
        }

        public void Dispose() => _isOver = true;
    }

    private void OnSealed(LogIndex index) => onSealed(index);

    private sealed class Reader(Snapshot snapshot) : ISnapshotReader
    {
        public SnapshotHeader Header => snapshot.Header;

        public int PieceCount => snapshot.Pieces.Count;

        public bool TryRead(int piece, out ReadOnlyMemory<byte> bytes)
        {
            var exists = piece >= 0 && piece < snapshot.Pieces.Count;
            bytes = exists ? snapshot.Pieces[piece] : default(ReadOnlyMemory<byte>);
            return exists;
        }

        public void Dispose()
        {
        }
    }
}
