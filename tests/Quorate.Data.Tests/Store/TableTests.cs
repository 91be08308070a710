using Quorate.Data.Commands;
using Quorate.Data.Store;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Data.Tests.Store;

public sealed class TableTests
{
    [Theory]
    [InlineData(1, 30)]
    [InlineData(2, 1000)]
    [InlineData(3, 20_000)]
    public void The_table_does_what_a_dictionary_does(ulong seed, int keys)
    {
        var dice = new Prng(seed);
        var table = new KeyTable();
        var model = new Dictionary<string, (string Value, long Expiry)>();
        for (var i = 0; i < 60_000; i++)
        {
            var name = $"key:{dice.Below(keys):D12}";
            var key = Keyspace.Bytes(name);
            var hash = KeyHash.Of(key);
            var row = table.Find(key, hash, out _);
            (row != 0).ShouldBe(model.ContainsKey(name));
            // Long runs of growing and of shrinking.
            var deletes = i / 10_000 % 2 == 1 ? 700 : 100;
            if (dice.Chance(deletes))
            {
                if (row != 0) table.Remove(row, KeyChange.Removed);
                model.Remove(name);
            }
            else if (row == 0)
            {
                var value = new string('v', dice.Below(40));
                row = table.Insert(key, hash, value.Length, default, At(i), out var bytes);
                Keyspace.Bytes(value).CopyTo(bytes);
                model[name] = (value, -1);
            }
            else if (dice.Chance(300))
            {
                var value = new string('w', dice.Below(60));
                Keyspace.Bytes(value).CopyTo(table.Rewrite(row, value.Length, default, At(i)));
                model[name] = (value, model[name].Expiry);
            }
            else if (dice.Chance(400))
            {
                var old = model[name];
                var value = old.Value + "ab";
                "ab"u8.CopyTo(table.Reshape(row, value.Length, default, At(i))[^2..]);
                model[name] = (value, old.Expiry);
            }
            else if (dice.Chance(700))
            {
                var when = dice.Below(50L);
                table.SetExpiry(row, when, new LogIndex(i));
                model[name] = (model[name].Value, when);
            }
            else
            {
                table.ClearExpiry(row, new LogIndex(i)).ShouldBe(model[name].Expiry >= 0);
                model[name] = (model[name].Value, -1);
            }

            if (i % 10_000 == 0) Compare(table, model);
        }

        Compare(table, model);
        var last = -1L;
        while (table.ExpiringCount > 0)
        {
            var first = table.FirstToExpire;
            table.ExpiryOf(first).ShouldBeGreaterThanOrEqualTo(last);
            last = table.ExpiryOf(first);
            model.Remove(Keyspace.Text(table.KeyOf(first))).ShouldBeTrue();
            table.Remove(first, KeyChange.Removed);
        }

        model.Values.ShouldAllBe(v => v.Expiry < 0);
        Compare(table, model);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Scan_gives_every_key_that_stays_through_growing_and_shrinking(ulong seed)
    {
        var dice = new Prng(seed);
        var k = new Keyspace();
        var most = 100 + dice.Below(5000);
        for (var i = 0; i < most; i++) k.Do($"SET come{i} v");
        for (var i = 0; i < 300; i++) k.Do($"SET stay{i} v");
        var growing = seed % 2 == 0;
        if (growing)
            for (var i = 0; i < most; i++) k.Do($"DEL come{i}");
        var seen = new HashSet<string>();
        var cursor = "0";
        var next = 0;
        do
        {
            var reply = k.Do($"SCAN {cursor} COUNT 7").Split("\r\n");
            cursor = reply[2];
            for (var i = 5; i < reply.Length; i += 2) seen.Add(reply[i]);
            for (var i = 0; i < most / 20 && next < most; i++, next++) k.Do(growing ? $"SET come{next} v" : $"DEL come{next}");
            if (dice.Chance(100)) growing = growing && next < most;
        }
        while (cursor != "0");
        for (var i = 0; i < 300; i++) seen.ShouldContain($"stay{i}");
    }

    [Fact]
    public void Scan_without_changes_gives_every_key_once()
    {
        var k = new Keyspace();
        for (var i = 0; i < 3333; i++) k.Do($"SET {i} v");
        var seen = new List<string>();
        var cursor = "0";
        do
        {
            var reply = k.Do($"SCAN {cursor} COUNT 50 MATCH *").Split("\r\n");
            cursor = reply[2];
            for (var i = 5; i < reply.Length; i += 2) seen.Add(reply[i]);
        }
        while (cursor != "0");
        seen.Count.ShouldBe(3333);
        seen.Distinct().Count().ShouldBe(3333);
    }

    [Theory]
    [InlineData("*", "", false)] // Redis tries no pattern on the empty text.
    [InlineData("*", "a", true)]
    [InlineData("a*c", "abbbc", true)]
    [InlineData("a*c", "abbbcd", false)]
    [InlineData("a*b*c", "aXbYbZc", true)]
    [InlineData("h?llo", "hello", true)]
    [InlineData("h?llo", "hllo", false)]
    [InlineData("h[ae]llo", "hallo", true)]
    [InlineData("h[^e]llo", "hello", false)]
    [InlineData("h[a-c]llo", "hbllo", true)]
    [InlineData("h[c-a]llo", "hbllo", true)]
    [InlineData("h[a-]llo", "h_", true)] // A range from a to the bracket, in a class that nothing closes.
    [InlineData("a\\*b", "a*b", true)]
    [InlineData("a\\*b", "axb", false)]
    [InlineData("a\\", "a\\", true)]
    [InlineData("[abc", "a", true)]
    [InlineData("[]a", "a", false)]
    [InlineData("**a**", "xxaxx", true)]
    [InlineData("a", "", false)]
    [InlineData("", "a", false)]
    [InlineData("a*c", "abbc", true)]
    [InlineData("a*c", "abb", false)]
    [InlineData("[^a]b", "ab", false)]
    [InlineData("[^a]b", "cb", true)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "x", false)]
    [InlineData("[abc", "b", true)]
    [InlineData("a?", "a", false)]
    [InlineData("A", "a", false)]
    [InlineData("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    public void Patterns_match_as_in_redis(string pattern, string text, bool matches) =>
        Glob.Matches(Keyspace.Bytes(pattern), Keyspace.Bytes(text)).ShouldBe(matches);

    [Theory]
    [InlineData("A", "a", true)]
    [InlineData("max*", "MAXMEMORY", true)]
    [InlineData("[A-C]x", "bX", true)]
    [InlineData("[^A]", "a", false)]
    [InlineData("[\\A]", "a", true)]
    [InlineData("\\A", "a", true)]
    [InlineData("[", "{", false)] // Only letters have a case.
    public void Patterns_match_in_any_case_where_that_is_asked_for(string pattern, string text, bool matches)
    {
        Glob.Matches(Keyspace.Bytes(pattern), Keyspace.Bytes(text), ignoreCase: true).ShouldBe(matches);
        if (matches) Glob.Matches(Keyspace.Bytes(pattern), Keyspace.Bytes(text)).ShouldBeFalse();
    }

    private static KeyStamp At(int entry) => new(new LogIndex(entry), 1);

    private static void Compare(KeyTable table, Dictionary<string, (string Value, long Expiry)> model)
    {
        table.IsConsistent().ShouldBeTrue();
        table.Count.ShouldBe(model.Count);
        foreach (var (name, (value, expiry)) in model)
        {
            var row = table.Find(Keyspace.Bytes(name), KeyHash.Of(Keyspace.Bytes(name)), out _);
            row.ShouldNotBe(0);
            Keyspace.Text(table.BytesOf(row)).ShouldBe(value);
            table.ExpiryOf(row).ShouldBe(expiry);
        }
    }
}
