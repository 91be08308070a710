using Quorate.Cluster.Journal;
using Quorate.Replication;
using Quorate.Server.Storage;

namespace Quorate.Server.Tests.Storage;

public sealed class PosixFilesTests : IDisposable
{
    private static readonly JournalOptions Small = new() { SegmentLength = 16384, Salt = 3, SpareSegments = 1 };
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_created_file_has_its_length_and_zeros_even_where_another_was(bool isBeside)
    {
        using var files = new PosixFiles(_folder.Path);
        File.WriteAllBytes(_folder.Sub("a"), Enumerable.Repeat((byte)7, 100).ToArray());
        files.Create("a", (3 << 20) + 512, isBeside);
        files.SyncDirectory();
        files.Length("a").ShouldBe((3 << 20) + 512);
        var bytes = new byte[4 << 20];
        files.Read("a", 0, bytes).ShouldBe((3 << 20) + 512);
        bytes.AsSpan().ContainsAnyExcept((byte)0).ShouldBeFalse();
    }

    [Fact]
    public void Reading_stops_at_the_end_and_what_was_written_is_read()
    {
        using var files = new PosixFiles(_folder.Path);
        files.Create("a", 8192);
        files.Write("a", 8190, [1, 2]);
        files.Sync("a");
        var bytes = new byte[10];
        files.Read("a", 8188, bytes).ShouldBe(4);
        bytes[..4].ShouldBe([0, 0, 1, 2]);
        files.Read("a", 9000, bytes).ShouldBe(0);
    }

    [Fact]
    public void Renaming_replaces_and_deleting_a_file_that_is_open_works()
    {
        using var files = new PosixFiles(_folder.Path);
        files.Create("a", 4096);
        files.Create("b", 8192);
        files.Write("b", 0, [9]);
        files.Rename("b", "a");
        files.List().ShouldBe(["a"]);
        files.Length("a").ShouldBe(8192);
        files.Delete("a");
        files.List().ShouldBeEmpty();
        Should.Throw<IOException>(() => files.Length("a"));
    }

    [Fact]
    public void A_journal_on_files_rolls_recycles_and_recovers()
    {
        var last = default(PersistPoint);
        using (var files = new PosixFiles(_folder.Path))
        {
            var journal = NodeJournal.Open(files, Small, (_, _, _) => true).Journal!;
            for (var i = 0; i < 300; i++)
            {
                last = journal.Append(new GroupId(1), BitConverter.GetBytes((long)i).Concat(new byte[500]).ToArray());
                var batch = journal.TakeBatch()!;
                journal.Write(batch, sync: true).ShouldBeTrue(journal.Why);
                journal.Complete(batch).ShouldBe(last);
                if (i % 50 == 0) journal.Release(new GroupId(1), last);
                journal.PrepareNext();
            }
        }

        using (var files = new PosixFiles(_folder.Path))
        {
            var values = new List<long>();
            var recovery = NodeJournal.Open(files, Small, (_, record, _) =>
            {
                values.Add(BitConverter.ToInt64(record));
                return true;
            });
            recovery.Refusal.ShouldBeNull();
            recovery.Last.ShouldBe(last);
            values[^1].ShouldBe(299);
            values[0].ShouldBeInRange(150, 250);
            values.ShouldBe(Enumerable.Range((int)values[0], values.Count).Select(v => (long)v));
        }
    }

    [Fact]
    public void No_room_is_told_apart_from_other_errors()
    {
        if (!File.Exists("/dev/full")) Assert.Skip("no /dev/full here");
        Should.Throw<DiskFullException>(() =>
        {
            using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);
            try
            {
                RandomAccess.Write(full, new byte[10], 0);
            }
            catch (IOException e)
            {
                throw Posix.Named(e);
            }
        });
    }

    [Fact]
    public void A_failing_sync_is_told_with_its_errno()
    {
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream();
        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(
            pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        Should.Throw<IOException>(() => Posix.SyncData(handle, "a pipe")).Message.ShouldContain("errno 22");
    }

    [Fact]
    public void A_folder_takes_one_at_a_time_and_names_who_has_it()
    {
        using (FolderLock.Take(_folder.Path))
        {
            var refused = Should.Throw<IOException>(() => FolderLock.Take(_folder.Path));
            refused.Message.ShouldContain(_folder.Path);
            refused.Message.ShouldContain($"pid {Environment.ProcessId}");
        }

        FolderLock.Take(_folder.Path).Dispose();
    }
}
