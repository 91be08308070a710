using System.Text;
using Quorate.Replication.Ordered;

namespace Quorate.Replication.Tests.Ordered;

public sealed class ApplierTests
{
    [Fact]
    public void Entries_are_applied_in_order_and_the_requests_that_wait_for_them_answered()
    {
        var world = new ApplierWorld();
        world.Append("a", request: 1);
        world.Append("", request: 0, EntryKind.NoOp);
        world.Append("b", request: 2);
        world.Commit();
        world.Machine.State.ShouldBe(["a", "b"]);
        world.Seen.ShouldBe(["begin a", "answer r1", "other i2 NoOp -", "begin b", "answer r2", "applied 3"]);
        world.Waiting.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Nothing_is_applied_beyond_what_the_strategy_allows()
    {
        var world = new ApplierWorld();
        world.Append("a", "b", "c");
        world.Applier.ApplyTo(new(2));
        world.Turn();
        world.Machine.State.ShouldBe(["a", "b"]);
        world.Applier.HasMore.ShouldBeFalse();
    }

    [Fact]
    public void What_goes_beyond_the_entries_of_a_turn_is_applied_in_later_turns()
    {
        var world = new ApplierWorld(entries: 2);
        world.Append("a", "b", "c", "d", "e");
        world.Commit();
        world.Machine.State.ShouldBe(["a", "b"]);
        world.Commit();
        world.Machine.State.ShouldBe(["a", "b"], "the turn's budget is spent");
        world.Applier.HasMore.ShouldBeTrue();
        world.Turn();
        world.Machine.State.ShouldBe(["a", "b", "c", "d"]);
        world.Turn();
        world.Machine.State.ShouldBe(["a", "b", "c", "d", "e"]);
        world.Applier.HasMore.ShouldBeFalse();
    }

    [Fact]
    public void What_goes_beyond_the_bytes_of_a_turn_is_applied_in_later_turns_but_an_entry_of_any_size_is_applied()
    {
        var world = new ApplierWorld(bytes: 10);
        world.Append(new string('x', 50), "1234", "1234", "1234", "1234");
        world.Commit();
        world.Applied.ShouldBe(1);
        world.Turn();
        world.Applied.ShouldBe(4, "the entry that goes beyond the bytes is the last one");
        world.Turn();
        world.Applied.ShouldBe(5);
    }

    [Fact]
    public void The_applier_is_behind_while_others_may_know_of_more_than_the_state_has()
    {
        var world = new ApplierWorld(entries: 2);
        var amid = new List<bool>();
        world.Answered = () => amid.Add(world.Applier.IsBehind);
        for (var i = 1; i <= 3; i++) world.Append("x", request: i);
        world.Applier.IsBehind.ShouldBeFalse();
        world.Commit();
        world.Applier.IsBehind.ShouldBeTrue();
        world.Turn();
        world.Applier.IsBehind.ShouldBeFalse();
        // In the call in which they are committed nobody knows of them yet; the third was committed in the one before.
        amid.ShouldBe([false, false, false]);

        for (var i = 4; i <= 8; i++) world.Append("x", request: i);
        world.Commit();
        amid.Clear();
        world.Turn();
        amid.ShouldBe([true, true], "five were committed and others may know, three are applied now, then four");
    }

    [Fact]
    public void An_entry_may_take_several_turns_and_shows_at_its_end_what_it_did()
    {
        var world = new ApplierWorld();
        world.Append("a");
        world.Append("3:slow", request: 2);
        world.Append("b", request: 3);
        world.Commit();
        world.Machine.State.ShouldBe(["a"]);
        world.Applied.ShouldBe(1);
        world.Applier.IsUnfinished.ShouldBeTrue();
        world.Applier.IsBehind.ShouldBeTrue();
        world.Commit();
        world.Turn();
        world.Machine.State.ShouldBe(["a"]);
        world.Seen.ShouldNotContain("answer r2");
        world.Turn();
        world.Machine.State.ShouldBe(["a", "slow", "b"]);
        world.Applied.ShouldBe(3);
        world.Applier.IsUnfinished.ShouldBeFalse();
        world.Seen.Where(s => s.StartsWith("answer", StringComparison.Ordinal)).ShouldBe(["answer r2", "answer r3"]);
    }

    [Fact]
    public void An_entry_that_is_not_finished_is_suspended_each_time()
    {
        var world = new ApplierWorld();
        world.Append("2:slow");
        world.Commit();
        world.Seen.ShouldBe(["begin 2:slow", "suspend 2:slow"]);
        world.Turn();
        world.Seen[2..].ShouldBe(["begin 2:slow", "applied 1"]);
    }

    [Fact]
    public void A_client_whose_answer_leads_back_here_does_not_disturb_the_order()
    {
        var world = new ApplierWorld();
        world.Append("a", request: 1);
        world.Answered = () =>
        {
            world.Answered = null;
            world.Append("b", request: 2);
            world.Commit();
        };
        world.Commit();
        world.Machine.State.ShouldBe(["a", "b"]);
        world.Seen.ShouldBe(["begin a", "answer r1", "begin b", "answer r2", "applied 2"]);
    }

    [Fact]
    public void A_client_whose_answer_makes_the_log_forget_and_reuse_memory_does_not_disturb_what_comes_next()
    {
        var world = new ApplierWorld();
        world.Append("a", request: 1);
        world.Append("b", "c");
        world.Answered = () =>
        {
            // The applied entry leaves; the others leave and come again, as other bytes where these were.
            world.Log.TruncateFrom(new(2));
            world.Log.DropThrough(new(1));
            world.Append("longer than it was", "d");
        };
        world.Commit();
        world.Machine.State.ShouldBe(["a", "longer than it was", "d"]);
        world.Applier.CheckInvariants();
    }

    [Fact]
    public void A_snapshot_in_the_place_of_the_state_ends_the_entry_that_is_not_finished()
    {
        var world = new ApplierWorld();
        world.Append("5:slow", request: 1);
        world.Commit();
        world.Machine.GiveUpUnfinished();
        world.Log.Reset(new(7), new Term(1));
        world.Applier.JumpTo(new(7));
        world.Outcomes.Told.ShouldBe(["r1 Unknown"]);
        world.Applier.IsUnfinished.ShouldBeFalse();
        world.Append("b");
        world.Commit();
        world.Turn();
        world.Machine.State.ShouldBe(["b"]);
        world.Applied.ShouldBe(8);
    }

    [Fact]
    public void Entries_that_are_not_the_groups_are_not_finished()
    {
        var world = new ApplierWorld();
        world.Append("a");
        world.Append("5:slow", request: 2);
        world.Commit();
        world.Applier.LoseFrom(new(2));
        world.Log.TruncateFrom(new(2));
        world.Applied.ShouldBe(1);
        world.Applier.HasMore.ShouldBeFalse();
        world.Outcomes.Told.ShouldBe(["r2 Unknown"]);
        world.Append("b");
        world.Commit();
        world.Turn();
        world.Machine.State.ShouldBe(["a", "b"]);
    }

    [Fact]
    public void Requests_can_end_although_their_entries_are_applied_later()
    {
        var world = new ApplierWorld();
        world.Append("2:slow", request: 1);
        world.Append("b", request: 2);
        world.Commit();
        world.Applier.EndRequests(Outcome.Unknown("gone"));
        world.Outcomes.Told.ShouldBe(["r2 Unknown", "r1 Unknown"]);
        world.Turn();
        world.Machine.State.ShouldBe(["slow", "b"]);
        world.Applier.JumpTo(new(9));
        world.Outcomes.Told.Count.ShouldBe(2, "no request is told twice");
    }

    [Fact]
    public void Only_entries_that_are_applied_next_are_foreseen()
    {
        var world = new ApplierWorld(entries: 3);
        for (var i = 0; i < 100; i++) world.Append($"{i % 10}");
        world.Commit();
        world.Machine.Foreseen.ShouldBeEmpty("what was named was applied");
        world.Applied.ShouldBe(3);
    }

    [Fact]
    public void The_machine_is_given_its_part_of_the_payload()
    {
        var world = new ApplierWorld(commandStart: 2);
        world.Append("..a", "..b");
        world.Commit();
        world.Machine.State.ShouldBe(["a", "b"]);
    }

    [Fact]
    public void Taps_are_told_keys_entry_and_commit_in_this_order()
    {
        var world = new ApplierWorld();
        var tap = new Tap();
        world.Machine.Taps.Add(tap);
        world.Append("a");
        world.Append("", kind: EntryKind.NoOp);
        world.Append("2:b");
        world.Commit();
        tap.Heard.ShouldBe(["key a", "i1 t1 Command a", "i2 t1 NoOp ", "committed i2"]);
        tap.Heard.Clear();
        world.Turn();
        world.Applier.JumpTo(new(9));
        tap.Heard.ShouldBe(["key b", "i3 t1 Command 2:b", "committed i3", "replaced i9"]);
    }

    [Fact]
    public void What_a_primary_executes_before_it_is_committed_is_told_so()
    {
        var world = new ApplierWorld();
        var tap = new Tap();
        world.Machine.Taps.Add(tap);
        world.Append("effect", kind: EntryKind.Effect);
        world.Applier.NoteExecuted(new(1));
        tap.Heard.ShouldBe(["i1 t1 Effect effect"]);
        world.Commit();
        tap.Heard.ShouldBe(["i1 t1 Effect effect", "committed i1"]);
        world.Machine.State.ShouldBeEmpty("it was executed before");
    }

    private sealed class Tap : ITap
    {
        public List<string> Heard { get; } = [];

        public void OnKey(int database, ReadOnlySpan<byte> key, KeyChange change) =>
            Heard.Add($"key {Encoding.UTF8.GetString(key)}");

        public void OnAllKeys(int database, KeyChange change) => Heard.Add("all keys");

        public void OnApplied(in AppliedEntry entry) =>
            Heard.Add($"{entry.Index} t{entry.Stamp} {entry.Kind} {Encoding.UTF8.GetString(entry.Payload)}");

        public void OnCommitted(LogIndex index) => Heard.Add($"committed {index}");

        public void OnReplaced(LogIndex index) => Heard.Add($"replaced {index}");
    }
}
