using Quorate.Replication.Snapshots;

namespace Quorate.Replication.Tests.Snapshots;

public sealed class NumberedSnapshotsTests
{
    private readonly NumberedSnapshots _snapshots = new();
    private readonly Storage _storage = new();

    [Fact]
    public void A_snapshot_is_the_newest_when_it_is_durable_and_the_next_has_the_next_number()
    {
        Write("abc", "de");
        _snapshots.Seal();
        _snapshots.IsReady.ShouldBeFalse("no more pieces come");
        _snapshots.SealedNumber.ShouldBe(0);
        _snapshots.TryEnd(new(1), saved: true).ShouldBeTrue();
        (_snapshots.SealedNumber, _snapshots.SealedBytes).ShouldBe((1, 5));
        _storage.Pieces.ShouldBe(["abc", "de"]);
        Write("x");
        _storage.Number.ShouldBe(2);
    }

    [Fact]
    public void A_snapshot_that_could_not_be_written_counts_for_nothing_and_its_number_is_given_again()
    {
        Write("abc");
        _snapshots.Seal();
        _snapshots.TryEnd(new(1), saved: false).ShouldBeFalse();
        _snapshots.SealedNumber.ShouldBe(0);
        _snapshots.IsBusy.ShouldBeFalse();
        Write("x");
        _storage.Number.ShouldBe(1);
    }

    [Fact]
    public void Another_snapshots_end_is_none_of_this()
    {
        Write("abc");
        _snapshots.TryEnd(new(1), saved: true).ShouldBeFalse("it is not sealed");
        _snapshots.Seal();
        _snapshots.TryEnd(new(2), saved: true).ShouldBeFalse();
        _snapshots.IsBusy.ShouldBeTrue();
    }

    [Fact]
    public void The_next_is_due_when_more_was_journaled_than_the_threshold_and_than_twice_the_last_ones_size()
    {
        _snapshots.IsDue(10, 10).ShouldBeFalse();
        _snapshots.IsDue(11, 10).ShouldBeTrue();
        _snapshots.NoteSealed(1, bytes: 100);
        _snapshots.IsDue(200, 10).ShouldBeFalse();
        _snapshots.IsDue(201, 10).ShouldBeTrue();
        Write("x");
        _snapshots.IsDue(201, 10).ShouldBeFalse("one is being written");
    }

    [Fact]
    public void Nothing_is_written_while_the_storage_is_not_ready()
    {
        Write("abc");
        _storage.IsReady = false;
        _snapshots.IsReady.ShouldBeFalse();
        _snapshots.IsOpen.ShouldBeTrue();
    }

    private void Write(params ReadOnlySpan<string> pieces)
    {
        _snapshots.Begin(_storage, default);
        foreach (var piece in pieces)
        {
            foreach (var letter in piece) Packing.WriteByte(_snapshots.Piece, (byte)letter);
            _snapshots.Append();
        }
    }

    private sealed class Storage : ISnapshots
    {
        public bool IsReady { get; set; } = true;

        public long Number { get; private set; }

        public List<string> Pieces { get; } = [];

        public ISnapshotWriter Create(SnapshotHeader header)
        {
            Number = header.Index.Value;
            return new Writer(this);
        }

        public ISnapshotReader? OpenNewest() => null;

        private sealed class Writer(Storage storage) : ISnapshotWriter
        {
            public bool IsReady => storage.IsReady;

            public void Append(ReadOnlySpan<byte> piece) => storage.Pieces.Add(System.Text.Encoding.UTF8.GetString(piece));

            public void Seal()
            {
            }

            public void Dispose()
            {
            }
        }
    }
}
