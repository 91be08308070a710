using Quorate.Replication.Ordered;

namespace Quorate.Replication.Tests.Ordered;

public sealed class TermJournalTests : OrderedJournalTests<Term>;

public sealed class EpochJournalTests : OrderedJournalTests<Epoch>;

/// <summary>The journal of entries, and what comes back of it, whatever they are stamped with.</summary>
public abstract class OrderedJournalTests<TStamp>
    where TStamp : struct, IStamp<TStamp>
{
    private static readonly TStamp One = TStamp.Of(1);

    [Fact]
    public void Whatever_was_durable_comes_back_after_a_crash()
    {
        for (ulong seed = 1; seed <= 200; seed++) new JournaledLog<TStamp>(new Prng(seed)).Run(steps: 150);
    }

    [Fact]
    public void A_record_from_before_a_truncation_promises_no_more_than_what_was_kept_of_it()
    {
        var (log, journal, effects) = (new FrameLog<TStamp>(), new PlainJournal<TStamp>(), new RecordedEffects());
        for (var i = 0; i < 5; i++) log.Append(One, EntryKind.Command, [1]);
        journal.SaveEntries(log, effects);
        log.TruncateFrom(new(3));
        journal.TruncateFrom(new(3), effects);
        log.Append(TStamp.Of(2), EntryKind.Command, [2]);
        journal.SaveEntries(log, effects);
        journal.OnPersisted(new(1), effects);
        journal.DurableIndex.ShouldBe(new LogIndex(2));
        journal.OnPersisted(new(2), effects);
        journal.DurableIndex.ShouldBe(new LogIndex(3));
    }

    [Fact]
    public void The_lowest_of_several_truncations_holds_for_records_that_none_of_them_waited_for()
    {
        var (log, journal, effects) = (new FrameLog<TStamp>(), new PlainJournal<TStamp>(), new RecordedEffects());
        for (var i = 0; i < 5; i++) log.Append(One, EntryKind.Command, [1]);
        journal.SaveEntries(log, effects);
        foreach (var from in new long[] { 2, 4 })
        {
            while (log.LastIndex.Value < from) log.Append(TStamp.Of(from), EntryKind.Command, [2]);
            log.TruncateFrom(new(from));
            journal.TruncateFrom(new(from), effects);
        }

        journal.OnPersisted(new(1), effects);
        journal.DurableIndex.ShouldBe(new LogIndex(1));
    }

    [Fact]
    public void Bytes_that_wait_for_the_journal_are_counted_until_they_are_durable()
    {
        var (log, journal, effects) = (new FrameLog<TStamp>(), new PlainJournal<TStamp>(), new RecordedEffects());
        log.Append(One, EntryKind.Command, new byte[100]);
        journal.SaveEntries(log, effects);
        journal.WaitingBytes.ShouldBe(EntriesRecord.HeaderBytes + EntryFrame.HeaderBytes + 100);
        journal.BytesSinceSnapshot.ShouldBe(journal.WaitingBytes);
        journal.OnPersisted(new(1), effects);
        journal.WaitingBytes.ShouldBe(0);
        journal.BytesSinceSnapshot.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Without_durability_what_is_in_the_log_counts_and_no_entry_is_written()
    {
        var (log, journal, effects) = (new FrameLog<TStamp>(), new PlainJournal<TStamp>(isDurable: false), new RecordedEffects());
        log.Append(One, EntryKind.Command, [1]);
        journal.SaveEntries(log, effects);
        (journal.DurableIndex, effects.Records.Count).ShouldBe((new LogIndex(1), 0));
    }

    [Fact]
    public void Records_that_are_still_wanted_outlive_a_snapshot_within_a_bound_of_bytes()
    {
        foreach (var (most, kept) in new[] { (long.MaxValue, 2), (0L, 0) })
        {
            var (log, journal, effects) = (new FrameLog<TStamp>(), new PlainJournal<TStamp>(), new RecordedEffects());
            for (var i = 0; i < 4; i++)
            {
                log.Append(One, EntryKind.Command, [1]);
                journal.SaveEntries(log, effects);
            }

            journal.Mark(new(4), One, effects, keepAfter: new(2), most);
            journal.OnPersisted(new(4), effects);
            effects.Records.Count.ShouldBe(5, "the mark is not durable");
            journal.OnPersisted(new(5), effects);
            effects.Records.Count.ShouldBe(kept + 1);
        }
    }

    [Fact]
    public void Records_of_entries_are_read_back_and_anything_else_is_not()
    {
        var (log, journal, effects) = (new FrameLog<TStamp>(), new PlainJournal<TStamp>(), new RecordedEffects());
        log.Append(One, EntryKind.Command, [7]);
        journal.SaveEntries(log, effects);
        var body = effects.Records[0].Bytes.AsSpan(1);
        EntriesRecord.TryRead<TStamp>(body, out var first, out var previous, out var frames).ShouldBeTrue();
        (first.Value, previous.Value).ShouldBe((1, 0));
        EntryFrame.PayloadOf(frames).ToArray().ShouldBe([7]);
        EntriesRecord.TryRead<TStamp>(body[..15], out _, out _, out _).ShouldBeFalse();
        EntriesRecord.TryRead<TStamp>(new byte[16], out _, out _, out _).ShouldBeFalse("no entry has index 0");
    }

    [Fact]
    public void A_record_that_does_not_follow_on_what_was_read_is_damage()
    {
        var (log, journal, effects) = (new FrameLog<TStamp>(), new PlainJournal<TStamp>(), new RecordedEffects());
        for (var i = 0; i < 3; i++) log.Append(TStamp.Of(i + 1), EntryKind.Command, [1]);
        var (copy, recovery) = Recovery(journal);
        Take(recovery, copy, log, first: 2).ShouldBeFalse("the first entry is missing");
        (copy, recovery) = Recovery(journal);
        Take(recovery, copy, log, first: 1).ShouldBeTrue();
        var frames = log.Frames(new(3), long.MaxValue, out _).Span;
        recovery.TryTake(new(3), One, ref frames, new(9), out _).ShouldBeFalse("the entry before has another stamp");
        effects.Records.ShouldBeEmpty();
    }

    private static (FrameLog<TStamp> Log, EntriesRecovery<TStamp> Recovery) Recovery(PlainJournal<TStamp> journal)
    {
        var log = new FrameLog<TStamp>();
        return (log, new EntriesRecovery<TStamp>(log, journal));
    }

    private static bool Take(EntriesRecovery<TStamp> recovery, FrameLog<TStamp> into, FrameLog<TStamp> log, long first)
    {
        var frames = log.Frames(new(first), long.MaxValue, out _).Span;
        if (!recovery.TryTake(new(first), log.StampAt(new(first - 1)), ref frames, new(1), out var from)) return false;
        into.TruncateFrom(from);
        into.AppendFrames(frames);
        return true;
    }
}
