using System.Buffers;

namespace Quorate.Replication.Tests;

public sealed class SnapshotWalkTests
{
    private const int Piece = 128 << 10;

    [Theory]
    [InlineData(50, Piece)]
    [InlineData(8, Piece)]
    [InlineData(3, Piece)]
    [InlineData(50, 512)]
    [InlineData(3, 512)]
    public void Under_load_a_piece_a_tick_is_walked_over_however_large_pieces_are(int turns, int pieceBytes)
    {
        var writer = new Writer();
        var walk = new SnapshotWalk(new Source(1 << 30), writer, pieceBytes);
        for (var tick = 0; tick < 10; tick++)
        {
            for (var turn = 0; turn < turns; turn++) walk.OnTurnEnd();
            walk.OnTick();
        }

        writer.Pieces.Count.ShouldBe(10);
        writer.Pieces.ShouldAllBe(p => p == pieceBytes);
    }

    [Fact]
    public void Who_waits_gets_more_of_each_turn()
    {
        var writer = new Writer();
        var walk = new SnapshotWalk(new Source(1 << 30), writer, Piece) { IsAwaited = true };
        for (var turn = 0; turn < 100; turn++) walk.OnTurnEnd();
        writer.Pieces.Sum().ShouldBe(50 * Piece, "64 KiB each turn");
    }

    [Fact]
    public void An_idle_tick_walks_over_several_pieces()
    {
        var writer = new Writer();
        var walk = new SnapshotWalk(new Source(1 << 30), writer, Piece);
        walk.OnTurnEnd();
        walk.OnTick();
        writer.Pieces.Count.ShouldBe(4);
    }

    [Fact]
    public void All_of_it_is_written_once_and_sealed_once()
    {
        var writer = new Writer();
        var source = new Source(1_000_000);
        var walk = new SnapshotWalk(source, writer, Piece);
        for (var i = 0; i < 200; i++)
        {
            walk.OnTurnEnd();
            walk.OnTick();
        }

        (walk.IsSealing, walk.Bytes, writer.Seals, source.IsDisposed).ShouldBe((true, 1_000_000, 1, true));
        writer.Pieces.Sum().ShouldBe(1_000_000);
    }

    [Fact]
    public void An_empty_state_takes_one_piece_and_a_writer_that_is_not_ready_none()
    {
        var writer = new Writer { IsReady = false };
        var walk = new SnapshotWalk(new Source(0), writer, Piece);
        walk.OnTick();
        (writer.Pieces.Count, writer.Seals).ShouldBe((0, 0));
        writer.IsReady = true;
        walk.OnTick();
        (writer.Pieces.Count, writer.Seals).ShouldBe((1, 1));
    }

    private sealed class Source(int bytes) : ISnapshotSource
    {
        private int _left = bytes;

        public bool IsDisposed { get; private set; }

        public bool WriteNext(IBufferWriter<byte> output, int budgetBytes)
        {
            var count = Math.Min(_left, budgetBytes);
            output.Write(new byte[count]);
            _left -= count;
            return _left > 0;
        }

        public void Dispose() => IsDisposed = true;
    }

    private sealed class Writer : ISnapshotWriter
    {
        public List<int> Pieces { get; } = [];

        public int Seals { get; private set; }

        public bool IsReady { get; set; } = true;

        public void Append(ReadOnlySpan<byte> piece) => Pieces.Add(piece.Length);

        public void Seal() => Seals++;

        public void Dispose()
        {
        }
    }
}
