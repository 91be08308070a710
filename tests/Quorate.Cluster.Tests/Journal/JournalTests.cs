using Quorate.Cluster.Journal;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Journal;

public sealed class JournalTests
{
    private static readonly GroupId One = new(1);
    private static readonly GroupId Two = new(2);
    private static readonly JournalOptions Small = new() { SegmentLength = 8192, Salt = 99, SpareSegments = 1 };

    [Fact]
    public void A_new_journal_says_so_and_an_old_one_does_not()
    {
        var files = new FaultyFiles();
        NodeJournal.Open(files, Small, Ignore).IsNew.ShouldBeTrue();
        var journal = NodeJournal.Open(files, Small, Ignore).Journal!;
        journal.PrepareNext().ShouldBeTrue();
        NodeJournal.Open(files, Small, Ignore).IsNew.ShouldBeTrue("prepared, but nothing was written");
        journal = NodeJournal.Open(files, Small, Ignore).Journal!;
        Write(journal, One, [1]);
        var recovery = NodeJournal.Open(files, Small, Ignore);
        recovery.IsNew.ShouldBeFalse();
        recovery.Records.ShouldBe(1);
    }

    [Fact]
    public void One_batch_is_one_write_and_one_sync()
    {
        var files = new FaultyFiles();
        var journal = Open(files);
        journal.PrepareNext();
        Write(journal, One, [1]);
        var (writes, syncs) = (files.Writes, files.Syncs);
        for (byte i = 0; i < 20; i++) journal.Append(new GroupId(1 + i % 3), [i]);
        journal.HasPending.ShouldBeTrue();
        WritePending(journal).ShouldBe(journal.Appended);
        (files.Writes - writes).ShouldBe(1);
        (files.Syncs - syncs).ShouldBe(1);
        journal.TakeBatch().ShouldBeNull();
    }

    [Fact]
    public void A_prepared_segment_is_taken_into_use_without_creating_anything()
    {
        var files = new FaultyFiles();
        var journal = Open(files);
        Write(journal, One, [1]);
        journal.PrepareNext().ShouldBeTrue();
        journal.PrepareNext().ShouldBeFalse("one ahead is enough");
        var creates = files.Creates;
        Write(journal, One, new byte[3500]);
        Write(journal, One, new byte[3500]);
        files.List().Count.ShouldBe(2);
        files.Creates.ShouldBe(creates);
        Recover(files).Count.ShouldBe(3);
    }

    [Fact]
    public void A_batch_waits_while_the_segment_it_needs_is_being_prepared()
    {
        var journal = Open(new FaultyFiles());
        var plan = journal.PlanNext()!;
        journal.Append(One, [1]);
        journal.TakeBatch().ShouldBeNull();
        journal.Prepare(plan);
        journal.EndPlan(plan).ShouldBeTrue();
        WritePending(journal).ShouldBe(journal.Appended);
    }

    [Fact]
    public void Nothing_is_prepared_while_a_batch_makes_a_segment_itself()
    {
        var journal = Open(new FaultyFiles());
        journal.Append(One, [1]);
        var batch = journal.TakeBatch()!;
        journal.PlanNext().ShouldBeNull("the second segment's name could be durable before the first's");
        journal.Write(batch, sync: true).ShouldBeTrue();
        journal.PlanNext().ShouldBeNull();
        journal.Complete(batch);
        journal.PlanNext().ShouldNotBeNull();
    }

    [Fact]
    public void A_record_longer_than_a_segment_gets_a_segment_of_its_own()
    {
        var files = new FaultyFiles();
        var journal = Open(files);
        var big = new byte[3 << 20];
        new Prng(1).FillWithDice(big);
        Write(journal, One, [1]);
        journal.PrepareNext();
        Write(journal, One, big);
        Write(journal, One, [2]);
        journal.PrepareNext();
        var records = Recover(files);
        records.Count.ShouldBe(3);
        records[1].ShouldBe(big);
        records[2].ShouldBe([2]);
    }

    [Fact]
    public void A_batch_over_many_segments_is_recovered()
    {
        var files = new FaultyFiles();
        var journal = Open(files);
        for (byte i = 0; i < 40; i++) journal.Append(One, new byte[1000 + i]);
        WritePending(journal);
        files.List().Count.ShouldBeGreaterThan(8);
        Recover(files).Select(r => r.Length).ShouldBe(Enumerable.Range(1000, 40));
    }

    [Fact]
    public void Segments_that_nobody_needs_are_used_again_and_their_old_records_never_return()
    {
        var files = new FaultyFiles();
        var journal = Open(files);
        for (var i = 0; i < 400; i++)
        {
            var point = Write(journal, One, BitConverter.GetBytes((long)i).Concat(new byte[800]).ToArray());
            journal.Release(One, point);
            journal.PrepareNext();
        }

        files.List().Count.ShouldBeLessThanOrEqualTo(5);
        files.Creates.ShouldBeLessThan(8, "recycled, not created");
        var records = Recover(files);
        records.Count.ShouldBeLessThan(20);
        BitConverter.ToInt64(records[^1]).ShouldBe(399);
    }

    [Fact]
    public void A_group_that_releases_nothing_holds_back_only_the_segments_it_has_records_in()
    {
        var files = new FaultyFiles();
        var journal = Open(files);
        Write(journal, Two, [42]);
        for (var i = 0; i < 200; i++)
        {
            journal.Release(One, Write(journal, One, new byte[800]));
            journal.PrepareNext();
        }

        files.List().Count.ShouldBeLessThanOrEqualTo(6);
        var found = new List<(GroupId Group, PersistPoint Point)>();
        NodeJournal.Open(files, Small, (group, _, point) =>
        {
            found.Add((group, point));
            return true;
        }).Journal.ShouldNotBeNull();
        found.Count(f => f.Group == Two).ShouldBe(1);
        // Its old neighbours in the first segment are left out: the segments after it are gone.
        found.Where(f => f.Group == One).Min(f => f.Point).Value.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void After_a_failed_sync_the_journal_never_works_again()
    {
        var files = new FaultyFiles();
        var journal = Open(files);
        Write(journal, One, [1]);
        files.SyncsToFailure = 0;
        journal.Append(One, [2]);
        var batch = journal.TakeBatch()!;
        journal.Write(batch, sync: true).ShouldBeFalse();
        journal.Failure.ShouldBe(JournalFailure.Sync);
        journal.Why!.ShouldContain("fsync");
        var syncs = files.Syncs;
        journal.Write(batch, sync: true).ShouldBeFalse("asking again would answer yes without looking");
        files.Syncs.ShouldBe(syncs);
        journal.Append(One, [3]).ShouldBeGreaterThan(batch.Last);
        journal.HasPending.ShouldBeFalse();
        journal.TakeBatch().ShouldBeNull();
        journal.PrepareNext().ShouldBeFalse();
        Should.Throw<InvariantViolation>(() => journal.Complete(batch));
    }

    [Fact]
    public void A_full_disk_is_told_ahead_and_ends_the_journal_only_when_the_room_is_used_up()
    {
        var files = new FaultyFiles { Capacity = 8192 };
        var journal = Open(files);
        Write(journal, One, [1]);
        journal.PrepareNext().ShouldBeFalse();
        journal.IsSpaceShort.ShouldBeTrue();
        journal.IsFailed.ShouldBeFalse();
        Write(journal, One, [2]);

        files.Capacity = 16384;
        journal.PrepareNext().ShouldBeTrue();
        journal.IsSpaceShort.ShouldBeFalse();
        Write(journal, One, new byte[4000]);
        journal.Append(One, new byte[4000]);
        journal.Write(journal.TakeBatch()!, sync: true).ShouldBeFalse();
        journal.Failure.ShouldBe(JournalFailure.DiskFull);
        files.Capacity = long.MaxValue;
        Recover(files).Count.ShouldBe(3);
    }

    [Fact]
    public void A_missing_segment_is_refused_by_name()
    {
        var files = Filled();
        files.Delete(files.List()[1]);
        Refusal(files).ShouldContain("journal-0000000000000002.seg is missing");
    }

    [Fact]
    public void The_oldest_segment_missing_is_noticed_too()
    {
        var files = Filled();
        files.Delete(files.List()[0]);
        Refusal(files).ShouldContain("journal-0000000000000001.seg is missing");
    }

    [Fact]
    public void A_shortened_segment_is_refused()
    {
        var files = Filled();
        files.Truncate(files.List()[^1], 8000);
        Refusal(files).ShouldContain("8000 bytes instead of 8192");
    }

    [Fact]
    public void A_record_that_makes_no_sense_to_its_group_is_refused()
    {
        var recovery = NodeJournal.Open(Filled(), Small, (_, _, _) => false);
        recovery.Journal.ShouldBeNull();
        recovery.Refusal!.ShouldContain("makes no sense");
    }

    [Fact]
    public void Damage_before_a_later_durable_record_is_refused_with_file_offset_and_advice()
    {
        var files = new FaultyFiles();
        var journal = Open(files);
        Write(journal, One, new byte[50]);
        Write(journal, One, new byte[50]);
        var name = files.List()[0];
        // header block, start frame (20 + 24 + 4, padded), then the first record
        files.Flip(name, 4096 + 48 + 30, 3);
        var refusal = Refusal(files);
        refusal.ShouldContain(name);
        refusal.ShouldContain($"offset {4096 + 48}");
        refusal.ShouldContain("add it again with an empty folder");
    }

    [Fact]
    public void After_a_mark_even_the_last_batch_is_known_to_have_been_durable()
    {
        var files = new FaultyFiles();
        var journal = Open(files);
        var point = Write(journal, One, new byte[50]);
        journal.Attested.ShouldBeLessThan(point);
        journal.AppendMark();
        WritePending(journal);
        journal.Attested.ShouldBeGreaterThanOrEqualTo(point);
        journal.AppendMark();
        journal.HasPending.ShouldBeFalse("one mark is enough");
        files.Flip(files.List()[0], 4096 + 48 + 30, 3);
        Refusal(files).ShouldContain("was durable");
    }

    [Fact]
    public void A_value_that_looks_like_a_mark_proves_nothing_without_the_salt()
    {
        var forged = new FaultyFiles();
        var other = NodeJournal.Open(forged, Small with { Salt = 1 }, Ignore).Journal!;
        for (var i = 0; i < 20; i++) Write(other, One, [1]);
        var bytes = new byte[1200];
        forged.Read(forged.List()[0], 4096 + 48, bytes);

        var files = new FaultyFiles();
        var journal = Open(files);
        // 20 bytes of framing, then 4 to bring the forged marks to a multiple of 8.
        Write(journal, One, [0, 0, 0, 0, .. bytes]);
        files.Flip(files.List()[0], 4096 + 48 + 12, 0);
        var recovery = NodeJournal.Open(files, Small, Ignore);
        recovery.Refusal.ShouldBeNull("the last batch, not attested: a torn write");
        recovery.Records.ShouldBe(0);
    }

    [Fact]
    public void The_options_may_change_from_start_to_start()
    {
        var files = Filled();
        var before = Recover(files).Count;
        var recovery = NodeJournal.Open(files, Small with { SegmentLength = 32768, Salt = 5 }, Ignore);
        for (var i = 0; i < 50; i++) Write(recovery.Journal!, One, new byte[1000]);
        Recover(files).Count.ShouldBe(before + 50);
    }

    [Fact]
    public void Other_files_in_the_folder_are_left_alone()
    {
        var files = Filled();
        files.Create("lock", 3);
        files.Create("journal-1.seg", 3);
        Recover(files).ShouldNotBeEmpty();
        files.List().ShouldContain("lock");
        files.List().ShouldContain("journal-1.seg");
    }

    [Fact]
    public void Appending_allocates_nothing_once_the_buffers_have_grown()
    {
        var journal = NodeJournal.Open(new FaultyFiles(), new JournalOptions(), Ignore).Journal!;
        var record = new byte[100];
        // Rounds for both buffers to grow. What is counted is the part under the node's lock.
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 2000; i++) journal.Append(One, record);
            WritePending(journal);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 2000; i++) journal.Append(One, record);
        var batch = journal.TakeBatch();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        batch.ShouldNotBeNull();
    }

    private static bool Ignore(GroupId group, ReadOnlySpan<byte> record, PersistPoint point) => true;

    private static NodeJournal Open(FaultyFiles files) => NodeJournal.Open(files, Small, Ignore).Journal.ShouldNotBeNull();

    private static FaultyFiles Filled()
    {
        var files = new FaultyFiles();
        var journal = Open(files);
        for (var i = 0; i < 12; i++) Write(journal, One, new byte[1000]);
        return files;
    }

    private static PersistPoint Write(NodeJournal journal, GroupId group, ReadOnlySpan<byte> record)
    {
        var point = journal.Append(group, record);
        WritePending(journal).ShouldBe(point);
        return point;
    }

    private static PersistPoint WritePending(NodeJournal journal)
    {
        var batch = journal.TakeBatch().ShouldNotBeNull();
        journal.Write(batch, sync: true).ShouldBeTrue(journal.Why);
        return journal.Complete(batch);
    }

    private static List<byte[]> Recover(FaultyFiles files)
    {
        var found = new List<byte[]>();
        var recovery = NodeJournal.Open(files, Small, (_, record, _) =>
        {
            found.Add(record.ToArray());
            return true;
        });
        recovery.Refusal.ShouldBeNull();
        return found;
    }

    private static string Refusal(FaultyFiles files) => NodeJournal.Open(files, Small, Ignore).Refusal.ShouldNotBeNull();
}

internal static class Dice
{
    public static void FillWithDice(this Prng prng, Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)prng.NextUInt64();
    }
}
