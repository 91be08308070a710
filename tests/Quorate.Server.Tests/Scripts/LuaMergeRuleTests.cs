using System.Buffers;
using System.Text;
using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Replication.Crdt;
using Quorate.Server.Scripts;

namespace Quorate.Server.Tests.Scripts;

public sealed class LuaMergeRuleTests
{
    private readonly List<string> _failures = [];

    [Theory]
    [InlineData("local key, siblings = ... return key .. ':' .. table.concat(siblings, '+')", "k:b+a+c")]
    [InlineData("local _, s = ... return table.concat(sorted(s), ',')", "a,b,c")]
    [InlineData("local _, s, times = ... return times[1] .. ' ' .. times[3]", "1 3")]
    [InlineData("return 1 + 2", "3")]
    [InlineData("return 0.1", "0.10000000000000001")]
    [InlineData(
        "local t = {b = 1, a = 2, [3] = 0, [10] = 0} local all = '' for k in pairs(t) do all = all .. k .. ' ' end return all",
        "3 10 a b ")]
    [InlineData(
        "local t = {5, 3, 9, 1, 7, 3} table.sort(t, function(a, b) return a > b end) return table.concat(t, ' ')", "9 7 5 3 3 1")]
    [InlineData("return table.concat(split('a,b,,c', ','), '|') .. #('x,y'):split(',')", "a|b||c2")]
    [InlineData("return string.format('%s %5.2f %d %%p', 'x', 1.5, 3) .. ('Ab'):lower() .. ('a.b'):find('.')", "x  1.50 3 %pab2")]
    [InlineData("return tostring(nil) .. tostring(true) .. tostring(12) .. 'a' .. (type(io) .. type(os) .. type(load) .. "
        + "type(require) .. type(debug) .. type(_G))", "niltrue12anilnilnilnilnilnil")]
    [InlineData(
        "return type(math.random) .. type(pcall) .. type(setmetatable) .. type(string.dump) .. type(coroutine) .. type(next)",
        "nilnilnilnilnilnil")]
    public void A_script_makes_one_value_of_many(string script, string expected)
    {
        using var rule = new LuaMergeRule(script, _failures.Add);
        rule.Problem.ShouldBeNull();
        Merge(rule, "b", "a", "c").ShouldBe(expected, string.Join("; ", _failures));
        Merge(rule, "b", "a", "c").ShouldBe(expected, "again");
    }

    [Theory]
    [InlineData("while true do end", "it ran for more than")]
    [InlineData("local t = {} for i = 1, 1e9 do t[i] = i end", "memory")]
    [InlineData("table.sort({2, 1}, function() while true do end end)", "it ran for more than")]
    [InlineData("local s = 'x' while true do s = s .. s end", "memory")]
    [InlineData("return string.rep('x', 1 << 40)", "resulting string too large")]
    [InlineData("return ('x'):rep(2 << 20)", "a value has at most")]
    [InlineData("local s = string.rep('x', 1 << 20) while true do local t = s .. 'y' end", "memory")]
    [InlineData("error('no')", "no")]
    [InlineData("error({})", "no text")]
    [InlineData("return nil", "the script returned a nil, not a string")]
    [InlineData("return {}", "the script returned a table, not a string")]
    [InlineData("return tostring({})", "has no text that is the same")]
    [InlineData("return string.format('%s', {})", "has no text that is the same")]
    [InlineData("return string.format('%p', 'x')", "has no text that is the same")]
    [InlineData("local t = {[{}] = 1} for k in pairs(t) do end", "keys are strings or numbers")]
    [InlineData("os.exit()", "nil value")]
    [InlineData("local function f() return f() + 1 end return f()", "memory")]
    public void A_script_that_fails_leaves_the_values_and_says_why(string script, string why)
    {
        using var rule = new LuaMergeRule(script, _failures.Add);
        rule.Problem.ShouldBeNull();
        for (var i = 1; i <= 3; i++)
        {
            Merge(rule, "b", "a").ShouldBeNull();
            _failures.Count.ShouldBe(i);
            _failures[^1].ShouldContain(why, Case.Insensitive);
        }
    }

    [Fact]
    public void A_script_that_is_none_says_where_it_is_wrong()
    {
        using var rule = new LuaMergeRule("return 1\nif then", _failures.Add);
        rule.Problem.ShouldNotBeNull().ShouldStartWith("script:2:");
        Merge(rule, "a", "b").ShouldBeNull();
        using var binary = new LuaMergeRule("\u001bLua", _failures.Add);
        binary.Problem.ShouldNotBeNull().ShouldContain("binary");
    }

    [Fact]
    public void A_run_remembers_nothing_of_another()
    {
        using var rule = new LuaMergeRule(
            "n = (n or 0) + 1 math.m = (math.m or 0) + 1 string.s = (string.s or 0) + 1 return n .. math.m .. string.s",
            _failures.Add);
        for (var i = 0; i < 5; i++) Merge(rule, "a", "b").ShouldBe("111");
    }

    /// <summary>What is left of memory and of instructions does not depend on what ran before.</summary>
    [Fact]
    public void The_limits_are_the_same_for_every_run()
    {
        const string Script =
            "local _, s = ... local n = tonumber(s[1]) local t = {} for i = 1, n do t[i] = i .. 'x' end return #t";
        using var rule = new LuaMergeRule(Script, _failures.Add);
        long low = 1, high = 200_000;
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (Merge(rule, Text(middle), "b") is null) high = middle;
            else low = middle;
        }

        for (var i = 0; i < 3; i++)
        {
            using var other = new LuaMergeRule(Script, _failures.Add);
            foreach (var tried in new[] { other, rule })
            {
                Merge(tried, Text(low), "b").ShouldBe(Text(low));
                Merge(tried, Text(high), "b").ShouldBeNull();
            }
        }
    }

    [Fact]
    public void Values_that_are_too_long_are_not_given_to_a_script()
    {
        using var rule = new LuaMergeRule("return 'x'", _failures.Add);
        Merge(rule, new string('a', 200_000), new string('b', 100_000)).ShouldBeNull();
        _failures.ShouldHaveSingleItem().ShouldContain("at most 262144");
    }

    [Fact]
    public void Bytes_go_in_and_out_as_they_are()
    {
        using var rule = new LuaMergeRule("local _, s = ... return s[1] .. s[2]", _failures.Add);
        var output = new ArrayBufferWriter<byte>();
        rule.TryMerge([1], [Of(1, [0, 255, 13, 10]), Of(2, [200, 0])], output).ShouldBeTrue();
        output.WrittenSpan.ToArray().ShouldBe([0, 255, 13, 10, 200, 0]);
    }

    private static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string? Merge(LuaMergeRule rule, params string[] values)
    {
        var output = new ArrayBufferWriter<byte>();
        return rule.TryMerge("k"u8, [.. values.Select((v, i) => Of(i + 1, Encoding.UTF8.GetBytes(v)))], output)
            ? Encoding.UTF8.GetString(output.WrittenSpan) : null;
    }

    private static Sibling Of(int number, byte[] value) =>
        new(new Dot(new NodeId(number), number), HybridTime.FromMilliseconds(number), value);
}
