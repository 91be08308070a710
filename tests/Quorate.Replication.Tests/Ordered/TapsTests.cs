using System.Text;
using Quorate.Replication.Ordered;

namespace Quorate.Replication.Tests.Ordered;

public sealed class TapsTests
{
    private readonly Taps _taps = new();
    private readonly Recorder _one = new();
    private readonly Recorder _two = new();

    [Fact]
    public void Each_tap_hears_the_keys_of_an_entry_before_the_entry()
    {
        _taps.Add(_one);
        _taps.Add(_two);
        Tell();
        _one.Heard.ShouldBe([
            "key 3 a Written", "all 4 Removed", "applied i7 stamp 2 kind Command abc", "committed i7", "replaced i9"]);
        _two.Heard.ShouldBe(_one.Heard);
    }

    [Fact]
    public void A_tap_that_was_removed_hears_nothing_more()
    {
        _taps.Add(_one);
        _taps.Add(_two);
        _taps.Remove(_one);
        Tell();
        _one.Heard.ShouldBeEmpty();
        _two.Heard.Count.ShouldBe(5);
        _taps.Remove(_two);
        _taps.HasAny.ShouldBeFalse();
    }

    [Fact]
    public void Taps_come_and_go_between_entries_only()
    {
        _taps.Add(_one);
        _taps.OnKey(0, "a"u8, KeyChange.Written);
        Should.Throw<InvariantViolation>(() => _taps.Add(_two));
        Should.Throw<InvariantViolation>(() => _taps.Remove(_one));
        _taps.OnApplied(new AppliedEntry(new LogIndex(1), 1, EntryKind.Command, default));
        _taps.Add(_two);
        _taps.OnKey(0, "a"u8, KeyChange.Written);
        _taps.OnReplaced(new LogIndex(5));
        _taps.Remove(_one);
    }

    [Fact]
    public void A_machine_that_reports_no_keys_takes_no_tap() =>
        Should.Throw<InvariantViolation>(() => Taps.None.Add(_one));

    [Fact]
    public void A_tap_is_added_once()
    {
        _taps.Add(_one);
        Should.Throw<InvariantViolation>(() => _taps.Add(_one));
    }

    [Fact]
    public void Telling_allocates_nothing()
    {
        _taps.Add(new Deaf());
        _taps.Add(new Deaf());
        Tell();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) Tell();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private void Tell()
    {
        _taps.OnKey(3, "a"u8, KeyChange.Written);
        _taps.OnAllKeys(4, KeyChange.Removed);
        _taps.OnApplied(new AppliedEntry(new LogIndex(7), 2, EntryKind.Command, "abc"u8));
        _taps.OnCommitted(new LogIndex(7));
        _taps.OnReplaced(new LogIndex(9));
    }

    private sealed class Deaf : ITap
    {
        public void OnKey(int database, ReadOnlySpan<byte> key, KeyChange change)
        {
        }

        public void OnAllKeys(int database, KeyChange change)
        {
        }

        public void OnApplied(in AppliedEntry entry)
        {
        }

        public void OnReplaced(LogIndex index)
        {
        }
    }

    private sealed class Recorder : ITap
    {
        public List<string> Heard { get; } = [];

        public void OnKey(int database, ReadOnlySpan<byte> key, KeyChange change) =>
            Heard.Add($"key {database} {Encoding.UTF8.GetString(key)} {change}");

        public void OnAllKeys(int database, KeyChange change) => Heard.Add($"all {database} {change}");

        public void OnApplied(in AppliedEntry entry) =>
            Heard.Add($"applied {entry.Index} stamp {entry.Stamp} kind {entry.Kind} {Encoding.UTF8.GetString(entry.Payload)}");

        public void OnCommitted(LogIndex index) => Heard.Add($"committed {index}");

        public void OnReplaced(LogIndex index) => Heard.Add($"replaced {index}");
    }
}
