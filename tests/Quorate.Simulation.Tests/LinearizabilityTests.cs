using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Workloads;

namespace Quorate.Simulation.Tests;

public class LinearizabilityTests
{
    private static HistoryBuilder History() => new();

    [Fact]
    public void A_read_after_a_write_sees_it() =>
        History().Set(1, 2, "a").Get(3, 4, "a").Check().ShouldBe(VerdictKind.Valid);

    [Fact]
    public void A_read_after_a_write_must_not_see_what_was_before() =>
        History().Set(1, 2, "a").Set(3, 4, "b").Get(5, 6, "a").Check().ShouldBe(VerdictKind.Invalid);

    [Fact]
    public void A_read_during_a_write_may_see_either() =>
        History().Set(1, 2, "a").Set(3, 8, "b").Get(4, 5, "a").Get(6, 7, "b").Check().ShouldBe(VerdictKind.Valid);

    [Fact]
    public void Reads_do_not_go_back() =>
        History().Set(1, 2, "a").Set(3, 8, "b").Get(4, 5, "b").Get(6, 7, "a").Check().ShouldBe(VerdictKind.Invalid);

    [Fact]
    public void Two_readers_agree_on_the_order_of_concurrent_writes() =>
        History().Set(1, 20, "a").Set(2, 20, "b")
            .Get(3, 4, "a").Get(5, 6, "b").Get(7, 8, "a").Check().ShouldBe(VerdictKind.Invalid);

    [Fact]
    public void An_acknowledged_write_is_not_forgotten() =>
        History().Set(1, 2, "a").Get(3, 4, null).Check().ShouldBe(VerdictKind.Invalid);

    [Fact]
    public void An_unknown_write_may_take_effect_late() =>
        History()
            .Set(1, 2, "a").Unknown(3, OperationKind.Set, "b").Get(4, 5, "a").Get(100, 101, "b").Check()
            .ShouldBe(VerdictKind.Valid);

    [Fact]
    public void An_unknown_write_may_never_take_effect() =>
        History()
            .Set(1, 2, "a").Unknown(3, OperationKind.Set, "b").Get(4, 5, "a").Get(100, 101, "a").Check()
            .ShouldBe(VerdictKind.Valid);

    [Fact]
    public void An_unknown_write_takes_effect_only_once() =>
        History().Set(1, 2, "a").Unknown(3, OperationKind.Set, "b").Get(4, 5, "b")
            .Set(6, 7, "c").Get(8, 9, "b").Check().ShouldBe(VerdictKind.Invalid);

    [Fact]
    public void An_unknown_write_does_not_take_effect_before_it_was_asked_for() =>
        History().Get(1, 2, "b").Unknown(3, OperationKind.Set, "b").Check().ShouldBe(VerdictKind.Invalid);

    [Fact]
    public void A_failed_write_has_no_effect() =>
        History().Set(1, 2, "a").Failed(3, 4, OperationKind.Set, "b").Get(5, 6, "b").Check().ShouldBe(VerdictKind.Invalid);

    [Fact]
    public void Only_one_of_two_conditional_writes_wins() =>
        History().Ok(1, 4, OperationKind.SetIfAbsent, "k", "a", "OK").Ok(2, 5, OperationKind.SetIfAbsent, "k", "b", "OK")
            .Check().ShouldBe(VerdictKind.Invalid);

    [Fact]
    public void Increments_answer_each_number_once() =>
        History().Ok(1, 4, OperationKind.Increment, "c", null, "1").Ok(2, 5, OperationKind.Increment, "c", null, "1")
            .Check().ShouldBe(VerdictKind.Invalid);

    [Fact]
    public void A_lost_increment_shows() =>
        History().Ok(1, 2, OperationKind.Increment, "c", null, "1").Ok(3, 4, OperationKind.Increment, "c", null, "3")
            .Check().ShouldBe(VerdictKind.Invalid);

    [Fact]
    public void An_unknown_increment_explains_a_gap() =>
        History().Unknown(0, OperationKind.Increment, null, "c")
            .Ok(1, 2, OperationKind.Increment, "c", null, "1").Ok(3, 4, OperationKind.Increment, "c", null, "3")
            .Check().ShouldBe(VerdictKind.Valid);

    [Fact]
    public void Keys_are_independent() =>
        History()
            .Set(1, 2, "a", "x").Set(3, 4, "b", "y").Get(5, 6, "a", "x").Get(5, 6, "b", "y").Check().ShouldBe(VerdictKind.Valid);

    [Fact]
    public void The_explanation_names_the_key_and_the_operation()
    {
        var history = History().Set(1, 2, "a").Set(3, 4, "b").Get(5, 6, "a");
        var verdict = LinearizabilityChecker.Check(history.Operations);
        verdict.Why.ShouldContain("key k");
        verdict.Why.ShouldContain("[5..6] client 2: Get k -> a");
    }

    [Fact]
    public void Beyond_its_bound_it_says_unknown()
    {
        var history = History();
        for (var i = 0; i < 12; i++) history.Set(1 + i, 100 + i, $"v{i}");
        history.Get(50, 60, "nobody wrote this");
        LinearizabilityChecker.Check(history.Operations, maxSteps: 1000).Kind.ShouldBe(VerdictKind.Unknown);
    }

    [Fact]
    public void It_agrees_with_brute_force_on_small_histories()
    {
        var prng = new Prng(7);
        var (valid, invalid) = (0, 0);
        for (var round = 0; round < 4000; round++)
        {
            var history = RandomHistory(prng);
            var expected = BruteForce(history);
            LinearizabilityChecker.Check(history).Kind.ShouldBe(expected, string.Join("\n", history));
            if (expected == VerdictKind.Valid) valid++;
            else invalid++;
        }

        valid.ShouldBeGreaterThan(400);
        invalid.ShouldBeGreaterThan(400);
    }

    [Theory]
    [InlineData(OperationKind.Append)]
    [InlineData(OperationKind.Increment)]
    public void It_agrees_with_brute_force_on_ledgers_and_counters(OperationKind write)
    {
        var prng = new Prng(11);
        var (valid, invalid) = (0, 0);
        for (var round = 0; round < 2000; round++)
        {
            var history = Executed(prng, write);
            var expected = BruteForce(history);
            LinearizabilityChecker.Check(history).Kind.ShouldBe(expected, string.Join("\n", history));
            if (expected == VerdictKind.Valid) valid++;
            else invalid++;
        }

        valid.ShouldBeGreaterThan(200);
        invalid.ShouldBeGreaterThan(100);
    }

    /// <summary>Operations with the results of some order, at times that may or may not allow that order.</summary>
    private static List<Operation> Executed(Prng prng, OperationKind write)
    {
        var count = 3 + prng.Below(4);
        var list = new List<Operation>();
        string? state = null;
        for (var i = 0; i < count; i++)
        {
            var kind = prng.Chance(400) ? OperationKind.Get : write;
            var outcome = kind == write && prng.Chance(350) ? OperationOutcome.Unknown : OperationOutcome.Ok;
            // Around its place in the order, or not quite; the last digits keep all stamps different.
            var place = 100L * (i + 5 + (prng.Chance(400) ? prng.Below(5) - 2 : 0));
            var from = place - (100 * prng.Below(2)) + (2 * i);
            var to = place + 50 + (100 * prng.Below(2)) + (2 * i) + 1;
            var operation = new Operation
            {
                Client = i,
                Kind = kind,
                Key = "k",
                Argument = kind == OperationKind.Append ? $"{(char)('a' + i)};" : null,
                Invoked = from,
                Returned = outcome == OperationOutcome.Unknown ? long.MaxValue : to,
                Outcome = outcome,
            };
            var (next, result) = KeyModel.Step(state, operation);
            operation.Result = result;
            if (outcome == OperationOutcome.Ok || prng.Chance(500)) state = next;
            list.Add(operation);
        }

        return list;
    }

    private static List<Operation> RandomHistory(Prng prng)
    {
        var count = 2 + prng.Below(5);
        var stamps = Enumerable.Range(1, count * 2).Select(i => (long)i).OrderBy(_ => prng.NextUInt64()).ToArray();
        var list = new List<Operation>();
        for (var i = 0; i < count; i++)
        {
            var kind = (OperationKind)prng.Below(5);
            var argument = kind is OperationKind.Set or OperationKind.SetIfAbsent or OperationKind.GetSet
                ? $"v{prng.Below(3)}" : null;
            var outcome = prng.Below(5) == 0 ? OperationOutcome.Unknown : OperationOutcome.Ok;
            var seen = prng.Below(4) == 0 ? null : $"v{prng.Below(3)}";
            list.Add(new Operation
            {
                Client = i,
                Kind = kind,
                Key = "k",
                Argument = argument,
                Invoked = Math.Min(stamps[2 * i], stamps[2 * i + 1]),
                Returned = outcome == OperationOutcome.Unknown ? long.MaxValue : Math.Max(stamps[2 * i], stamps[2 * i + 1]),
                Outcome = outcome,
                Result = kind switch
                {
                    OperationKind.Set => "OK",
                    OperationKind.SetIfAbsent => prng.Below(2) == 0 ? "OK" : null,
                    OperationKind.Delete => prng.Below(2) == 0 ? "1" : "0",
                    _ => seen,
                },
            });
        }

        return list;
    }

    private static VerdictKind BruteForce(List<Operation> open) => Search(open, null) ? VerdictKind.Valid : VerdictKind.Invalid;

    private static bool Search(List<Operation> open, string? state)
    {
        if (open.All(o => o.Outcome == OperationOutcome.Unknown)) return true;
        foreach (var next in open)
        {
            if (open.Any(o => o != next && o.Returned < next.Invoked)) continue;
            var (after, result) = KeyModel.Step(state, next);
            if (next.Outcome == OperationOutcome.Ok && result != next.Result) continue;
            if (Search([.. open.Where(o => o != next)], after)) return true;
        }

        return false;
    }
}
