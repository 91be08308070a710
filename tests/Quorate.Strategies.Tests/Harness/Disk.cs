using Quorate.Replication;

namespace Quorate.Strategies.Tests.Harness;

/// <summary>What one node has on disk: journal records, of which the newest may not be durable yet, and snapshots.</summary>
internal sealed class Disk : ISnapshots
{
    private readonly List<(PersistPoint Point, byte[] Record)> _records = [];
    private long _next = 1;
    private Unfinished? _unfinished;

    public PersistPoint Durable { get; private set; }

    public PersistPoint Last => new(_next - 1);

    public IReadOnlyList<(PersistPoint Point, byte[] Record)> Records => _records;

    public (SnapshotHeader Header, List<byte[]> Pieces)? Sealed { get; private set; }

    /// <summary>Sealed but not durable yet.</summary>
    public LogIndex? Sealing => _unfinished is { IsSealed: true } ? _unfinished.Header.Index : null;

    public PersistPoint Append(ReadOnlySpan<byte> record)
    {
        var point = new PersistPoint(_next++);
        _records.Add((point, record.ToArray()));
        return point;
    }

    public void Release(PersistPoint point) => _records.RemoveAll(r => r.Point < point);

    public void Sync() => Durable = Last;

    /// <summary>Everything appended after the last sync is gone, as is an unfinished snapshot.</summary>
    public void LoseUnsynced()
    {
        _records.RemoveAll(r => r.Point > Durable);
        _next = Durable.Value + 1;
        _unfinished = null;
    }

    /// <summary>The process is gone, and its unfinished snapshot with it.</summary>
    public void DropUnfinished() => _unfinished = null;

    public void FinishSnapshot(bool saved)
    {
        if (saved) Sealed = (_unfinished!.Header, _unfinished.Pieces);
        _unfinished = null;
    }

    public ISnapshotWriter Create(SnapshotHeader header)
    {
        _unfinished = new Unfinished(header with { Extra = header.Extra.ToArray() });
        return new Writer(this, _unfinished);
    }


    public ISnapshotReader? OpenNewest() => Sealed is { } s ? new Reader(s.Header, s.Pieces) : null;

    private sealed class Unfinished(SnapshotHeader header)
    {
        public SnapshotHeader Header { get; } = header;

        public List<byte[]> Pieces { get; } = [];

        public bool IsSealed { get; set; }
    }

    private sealed class Writer(Disk disk, Unfinished snapshot) : ISnapshotWriter
    {
        public bool IsReady => true;

        public void Append(ReadOnlySpan<byte> piece) => snapshot.Pieces.Add(piece.ToArray());

        public void Seal() => snapshot.IsSealed = true;

        public void Dispose()
        {
            if (ReferenceEquals(disk._unfinished, snapshot)) disk._unfinished = null;
        }
    }

    private sealed class Reader(SnapshotHeader header, List<byte[]> pieces) : ISnapshotReader
    {
        public SnapshotHeader Header { get; } = header;

        public int PieceCount => pieces.Count;

        public bool TryRead(int piece, out ReadOnlyMemory<byte> bytes)
        {
            bytes = pieces[piece];
            return true;
        }

        public void Dispose()
        {
        }
    }
}
