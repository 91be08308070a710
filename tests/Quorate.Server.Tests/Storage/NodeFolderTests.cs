using Quorate.Cluster.Journal;
using Quorate.Replication;
using Quorate.Server.Storage;

namespace Quorate.Server.Tests.Storage;

public sealed class NodeFolderTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void The_incarnation_rises_with_every_start()
    {
        for (var i = 1; i <= 3; i++)
        {
            using var folder = NodeFolder.Open(_temp.Sub("data"), "c", "n1");
            folder.Incarnation.ShouldBe(i);
        }
    }

    [Fact]
    public void Another_node_is_refused_and_does_not_count()
    {
        using (NodeFolder.Open(_temp.Path, "c", "n1"))
        {
        }

        Should.Throw<IOException>(() => NodeFolder.Open(_temp.Path, "c", "n2")).Message.ShouldContain("cluster c, node n1");
        Should.Throw<IOException>(() => NodeFolder.Open(_temp.Path, "d", "n1")).Message.ShouldContain("cluster c, node n1");
        using var folder = NodeFolder.Open(_temp.Path, "c", "n1");
        folder.Incarnation.ShouldBe(2);
    }

    [Fact]
    public void Two_openings_at_once_are_refused()
    {
        using var first = NodeFolder.Open(_temp.Path, "c", "n1");
        Should.Throw<IOException>(() => NodeFolder.Open(_temp.Path, "c", "n1")).Message.ShouldContain("in use");
    }

    [Fact]
    public void A_damaged_incarnation_is_refused()
    {
        NodeFolder.Open(_temp.Path, "c", "n1").Dispose();
        File.WriteAllText(_temp.Sub("incarnation"), "-4x");
        Should.Throw<IOException>(() => NodeFolder.Open(_temp.Path, "c", "n1")).Message.ShouldContain("incarnation");
    }

    [Fact]
    public void A_journal_whose_files_were_deleted_is_noticed()
    {
        NodeLife().ShouldBeNull("new");
        NodeLife().ShouldBeNull("with a journal");
        Directory.Delete(_temp.Sub("journal"), recursive: true);
        NodeLife().ShouldNotBeNull().ShouldContain("files were deleted");
    }

    [Fact]
    public void A_journal_without_identity_is_nobodys()
    {
        Directory.CreateDirectory(_temp.Sub("journal"));
        File.WriteAllText(_temp.Sub("journal/journal-0000000000000001.seg"), "x");
        Should.Throw<IOException>(() => NodeFolder.Open(_temp.Path, "c", "n1")).Message.ShouldContain("identity");
    }

    private string? NodeLife()
    {
        using var folder = NodeFolder.Open(_temp.Path, "c", "n1");
        using var files = new PosixFiles(folder.JournalFolder);
        var recovery = NodeJournal.Open(
            files, new JournalOptions { SegmentLength = 8192, Salt = NodeFolder.DrawSalt() }, (_, _, _) => true);
        if (folder.Check(recovery) is { } refusal) return refusal;
        var journal = recovery.Journal!;
        journal.Append(new GroupId(1), [1]);
        journal.Write(journal.TakeBatch()!, sync: true).ShouldBeTrue();
        return null;
    }
}
