using System.Buffers;
using Quorate.Replication;
using Quorate.Simulation.Faults;

namespace Quorate.Simulation.Worlds;

/// <summary>
/// One group's snapshots on one node's simulated disk. Pieces take time to be written, a snapshot is there after a power
/// loss only if it had been sealed and reported durable before, and by chance a seal fails.
/// </summary>
internal sealed class SimSnapshots(World world, Prng prng, Action<LogIndex, bool> onSealed) : ISnapshots
{
    private Stored? _newest;
    private int _life;

    /// <summary>Per mille of the seals that fail.</summary>
    public int FailurePerMille { get; set; }

    public int SealedCount { get; private set; }

    public ISnapshotWriter Create(SnapshotHeader header) => new Writer(this, header, ++_life);

    public ISnapshotReader? OpenNewest() => _newest is null ? null : new Reader(_newest);

    /// <summary>The process ended: what was not durable yet is forgotten, and the node is not told.</summary>
    public void Forget() => _life++;

    public void Wipe()
    {
        _life++;
        _newest = null;
    }

    private void Finish(SnapshotHeader header, List<byte[]> pieces, int life)
    {
        if (life != _life) return;
        var saved = !prng.Chance(FailurePerMille);
        if (saved)
        {
            _newest = new Stored(header, pieces);
            SealedCount++;
        }
        else world.Faults.Add(FaultKind.SnapshotFailure);

        onSealed(header.Index, saved);
    }

    private sealed record Stored(SnapshotHeader Header, List<byte[]> Pieces);

    private sealed class Writer(SimSnapshots owner, SnapshotHeader header, int life) : ISnapshotWriter
    {
        private readonly SnapshotHeader _header = header with { Extra = header.Extra.ToArray() };
        private readonly List<byte[]> _pieces = [];
        private int _waiting;
        private bool _isDropped;

        public bool IsReady => _waiting < 4;

        public void Append(ReadOnlySpan<byte> piece)
        {
            Invariant.Require(!_isDropped, "a dropped snapshot takes no more pieces");
            _pieces.Add(piece.ToArray());
            _waiting++;
            owner.AfterWrite(() => _waiting--);
        }

        public void Seal()
        {
            Invariant.Require(!_isDropped, "a dropped snapshot is not sealed");
            _isDropped = true;
            owner.AfterWrite(() => owner.Finish(_header, _pieces, life));
        }

        public void Dispose()
        {
            if (!_isDropped && owner._life == life) owner._life++;
            _isDropped = true;
        }
    }

    private void AfterWrite(Action then) =>
        world.After(World.Millisecond / 2 + prng.Below(5 * World.Millisecond), then);

    private sealed class Reader(Stored stored) : ISnapshotReader
    {
        public SnapshotHeader Header => stored.Header;

        public int PieceCount => stored.Pieces.Count;

        public bool TryRead(int piece, out ReadOnlyMemory<byte> bytes)
        {
            bytes = default;
            if ((uint)piece >= (uint)stored.Pieces.Count) return false;
            bytes = stored.Pieces[piece];
            return true;
        }

        public void Dispose()
        {
        }
    }
}
