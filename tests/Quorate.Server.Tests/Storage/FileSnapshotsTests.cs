using System.Collections.Concurrent;
using Quorate.Replication;
using Quorate.Server.Storage;

namespace Quorate.Server.Tests.Storage;

public sealed class FileSnapshotsTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly ConcurrentQueue<(GroupId Group, LogIndex Index, bool Saved)> _sealed = new();
    private readonly ConcurrentQueue<string> _log = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void What_was_sealed_is_read_back_after_a_restart()
    {
        var pieces = Pieces(9);
        Live(snapshots => Write(snapshots, 5, pieces));
        _sealed.ShouldBe([(new GroupId(7), new LogIndex(5), true)]);
        Live(snapshots =>
        {
            using var reader = snapshots.OpenNewest().ShouldNotBeNull();
            reader.Header.Index.ShouldBe(new LogIndex(5));
            reader.Header.Stamp.ShouldBe(2);
            reader.Header.Extra.ToArray().ShouldBe([1, 2, 3]);
            reader.PieceCount.ShouldBe(pieces.Length);
            for (var i = 0; i < pieces.Length; i++)
            {
                reader.TryRead(i, out var bytes).ShouldBeTrue();
                bytes.ToArray().ShouldBe(pieces[i]);
            }

            reader.TryRead(pieces.Length, out _).ShouldBeFalse();
            reader.TryRead(-1, out _).ShouldBeFalse();
        });
    }

    [Fact]
    public void One_without_pieces_is_a_snapshot_too()
    {
        Live(snapshots => Write(snapshots, 1));
        Live(snapshots =>
        {
            using var reader = snapshots.OpenNewest().ShouldNotBeNull();
            reader.PieceCount.ShouldBe(0);
        });
    }

    [Fact]
    public void The_newest_two_are_kept_and_a_reader_outlives_its_file()
    {
        Live(snapshots => Write(snapshots, 10, [[42]]));
        Live(snapshots =>
        {
            using var reader = snapshots.OpenNewest()!;
            for (var i = 11; i < 15; i++) Write(snapshots, i, [[(byte)i]]);
            Wait(5);
            SnapshotFiles().Length.ShouldBe(2);
            reader.TryRead(0, out var bytes).ShouldBeTrue();
            bytes.ToArray().ShouldBe([42]);
            using var newest = snapshots.OpenNewest()!;
            newest.Header.Index.ShouldBe(new LogIndex(14));
        });
    }

    [Fact]
    public void Unsealed_ones_are_never_seen_and_leave_nothing()
    {
        Live(snapshots =>
        {
            using (var dropped = snapshots.Create(Header(3))) dropped.Append([1]);
            snapshots.Create(Header(4)).Append([1]);
            Write(snapshots, 5, [[1]]); // drops the one before
            snapshots.Create(Header(6)).Append([1]);
        });
        Directory.GetFiles(_temp.Sub("g")).Length.ShouldBe(1);
        _sealed.Single().Index.ShouldBe(new LogIndex(5));

        File.WriteAllText(Path.Combine(_temp.Sub("g"), "left.unfinished"), "from a crash");
        Live(snapshots => snapshots.OpenNewest()!.Dispose());
        Directory.GetFiles(_temp.Sub("g")).Length.ShouldBe(1);
    }

    [Fact]
    public void Every_flipped_bit_and_every_truncation_is_noticed()
    {
        var pieces = Pieces(3);
        Live(snapshots => Write(snapshots, 5, pieces));
        var file = SnapshotFiles().Single();
        var good = File.ReadAllBytes(file);
        var prng = new Prng(11);
        for (var i = 0; i < 600; i++)
        {
            var bad = (byte[])good.Clone();
            if (i % 4 == 0) bad = bad[..prng.Below(good.Length)];
            else bad[prng.Below(good.Length)] ^= (byte)(1 << prng.Below(8));
            File.WriteAllBytes(file, bad);
            using var reader = SnapshotFileReader.Open(file, out _);
            var isWhole = reader is not null && Enumerable.Range(0, reader.PieceCount).All(p => reader.TryRead(p, out _));
            isWhole.ShouldBeFalse($"case {i}");
        }
    }

    [Fact]
    public void When_the_newest_is_damaged_the_one_before_is_taken_and_the_file_is_named()
    {
        Live(snapshots =>
        {
            Write(snapshots, 1, [[1]]);
            Write(snapshots, 2, [[2]]);
        });
        var newest = SnapshotFiles().Order(StringComparer.Ordinal).Last();
        var bytes = File.ReadAllBytes(newest);
        bytes[^3] ^= 1;
        File.WriteAllBytes(newest, bytes);
        Live(snapshots =>
        {
            using var reader = snapshots.OpenNewest().ShouldNotBeNull();
            reader.Header.Index.ShouldBe(new LogIndex(1));
        });
        _log.Single().ShouldContain(newest);
    }

    [Fact]
    public void A_writer_whose_pieces_are_not_written_yet_is_not_ready()
    {
        using var thread = new BackgroundThread("test");
        using var hold = new ManualResetEventSlim();
        using var snapshots = Open(thread);
        thread.Post(hold.Wait);
        var writer = snapshots.Create(Header(1));
        writer.IsReady.ShouldBeTrue();
        for (var i = 0; i < 5; i++) writer.Append(new byte[1 << 20]);
        writer.IsReady.ShouldBeFalse();
        hold.Set();
        writer.Seal();
        Wait(1);
        writer.IsReady.ShouldBeTrue();
    }

    [Fact]
    public void A_snapshot_that_cannot_be_written_is_told()
    {
        Live(snapshots =>
        {
            Directory.Delete(_temp.Sub("g"), recursive: true);
            Write(snapshots, 1, [[1]]);
        });
        _sealed.ShouldBe([(new GroupId(7), new LogIndex(1), false)]);
        _log.Single().ShouldContain("could not be written");
    }

    private static SnapshotHeader Header(long index) => new(new LogIndex(index), 2, new byte[] { 1, 2, 3 });

    private static void Write(FileSnapshots snapshots, long index, params byte[][] pieces)
    {
        var writer = snapshots.Create(Header(index));
        foreach (var piece in pieces) writer.Append(piece);
        writer.Seal();
    }

    private static byte[][] Pieces(ulong seed)
    {
        var prng = new Prng(seed);
        return [.. Enumerable
            .Range(0, 7).Select(_ => Enumerable.Range(0, prng.Below(300)).Select(_ => (byte)prng.NextUInt64()).ToArray())];
    }

    private string[] SnapshotFiles() => Directory.GetFiles(_temp.Sub("g"), "*.snapshot");

    private FileSnapshots Open(BackgroundThread thread) =>
        new(_temp.Sub("g"), new GroupId(7), thread, (g, i, s) => _sealed.Enqueue((g, i, s)), _log.Enqueue);

    /// <summary>Ends when all that was posted is done.</summary>
    private void Live(Action<FileSnapshots> life)
    {
        using var thread = new BackgroundThread("test");
        using var snapshots = Open(thread);
        life(snapshots);
    }

    private void Wait(int count) =>
        Never.Until(() => _sealed.Count >= count, "the callbacks have come");
}
