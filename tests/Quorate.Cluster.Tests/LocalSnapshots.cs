using Quorate.Replication;

namespace Quorate.Cluster.Tests;

/// <summary>One group's snapshots in memory; they outlive the node.</summary>
internal sealed class LocalSnapshots : ISnapshots
{
    private readonly Queue<LogIndex> _sealed = new();
    private Writer? _newest;

    public ISnapshotWriter Create(SnapshotHeader header) => new Writer(this, header with { Extra = header.Extra.ToArray() });

    public ISnapshotReader? OpenNewest() => _newest is null ? null : new Reader(_newest.Header, _newest.Pieces);

    /// <summary>A snapshot that was sealed and of which the node has not heard.</summary>
    public bool TryTakeSealed(out LogIndex index) => _sealed.TryDequeue(out index);

    private sealed class Writer(LocalSnapshots owner, SnapshotHeader header) : ISnapshotWriter
    {
        public SnapshotHeader Header => header;

        public List<byte[]> Pieces { get; } = [];

        public bool IsReady => true;

        public void Append(ReadOnlySpan<byte> piece) => Pieces.Add(piece.ToArray());

        public void Seal()
        {
            owner._newest = this;
            owner._sealed.Enqueue(header.Index);
        }

        public void Dispose()
        {
        }
    }

    private sealed class Reader(SnapshotHeader header, List<byte[]> pieces) : ISnapshotReader
    {
        public SnapshotHeader Header => header;

        public int PieceCount => pieces.Count;

        public bool TryRead(int piece, out ReadOnlyMemory<byte> bytes)
        {
            var exists = piece >= 0 && piece < pieces.Count;
            bytes = exists ? pieces[piece] : default(ReadOnlyMemory<byte>);
            return exists;
        }

        public void Dispose()
        {
        }
    }
}
