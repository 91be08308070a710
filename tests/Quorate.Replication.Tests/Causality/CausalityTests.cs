using System.Buffers;
using Quorate.Replication.Causality;

namespace Quorate.Replication.Tests.Causality;

public sealed class CausalityTests
{
    private static StepTime At(long milliseconds) => new(0, milliseconds);

    [Fact]
    public void A_hybrid_clock_follows_the_wall_never_goes_back_and_goes_past_what_it_saw()
    {
        var clock = new HybridClock(skewLimitMilliseconds: 100);
        var first = clock.Next(At(1000));
        first.Milliseconds.ShouldBe(1000);
        var second = clock.Next(At(900));
        second.ShouldBeGreaterThan(first);
        second.ToString().ShouldBe("1000+1");
        clock.TryObserve(new HybridTime((1050L << 16) + 7), At(1000)).ShouldBeTrue();
        clock.Next(At(1001)).ToString().ShouldBe("1050+8");
        clock.TryObserve(HybridTime.FromMilliseconds(1102), At(1001)).ShouldBeFalse();
        clock.Refused.ShouldBe(1);
        clock.Next(At(1001)).ToString().ShouldBe("1050+9");
    }

    [Fact]
    public void A_full_counter_runs_over_into_the_milliseconds()
    {
        var clock = new HybridClock(0);
        clock.Recover(new HybridTime((5L << 16) + 0xFFFF));
        clock.Next(At(5)).ToString().ShouldBe("6+0");
    }

    [Fact]
    public void Random_clocks_are_monotone_and_respect_what_they_were_shown()
    {
        var dice = new Prng(3);
        HybridClock[] clocks = [new(50), new(50), new(50)];
        var last = new HybridTime[3];
        for (var i = 0; i < 5000; i++)
        {
            var (to, from) = (dice.Below(3), dice.Below(3));
            var now = At(10_000 + (i / 5) + dice.Between(-40, 40));
            if (dice.Chance(500)) clocks[to].TryObserve(last[from], now);
            var observed = clocks[to].Last;
            var next = clocks[to].Next(now);
            next.ShouldBeGreaterThan(observed);
            next.ShouldBeGreaterThan(last[to]);
            last[to] = next;
        }
    }

    [Fact]
    public void Version_vectors_compare_as_sets_of_updates_do()
    {
        // Exhaustively: two nodes, numbers up to 2.
        var all = (from a in Enumerable.Range(0, 3) from b in Enumerable.Range(0, 3) select (a, b)).ToList();
        foreach (var (a, b) in all)
        {
            foreach (var (c, d) in all)
            {
                var (x, y) = (Vector(a, b), Vector(c, d));
                var expected = (a == c && b == d)
                    ? Causal.Equal : a >= c && b >= d ? Causal.After : a <= c && b <= d ? Causal.Before : Causal.Concurrent;
                x.CompareWith(y).ShouldBe(expected);
                VersionVector.Meet(x, y).CompareWith(Vector(Math.Min(a, c), Math.Min(b, d))).ShouldBe(Causal.Equal);
                x.Join(y).ShouldBe(expected is Causal.Before or Causal.Concurrent);
                x.CompareWith(Vector(Math.Max(a, c), Math.Max(b, d))).ShouldBe(Causal.Equal);
            }
        }

        static VersionVector Vector(int a, int b)
        {
            var vector = new VersionVector();
            vector.Advance(new NodeId(7), b);
            vector.Advance(new NodeId(2), a);
            return vector;
        }
    }

    [Fact]
    public void A_context_is_the_set_of_dots_it_was_given()
    {
        for (var seed = 1UL; seed <= 300; seed++)
        {
            var dice = new Prng(seed);
            var (context, set) = (new DotContext(), new HashSet<Dot>());
            var floor = new VersionVector();
            for (var i = 0; i < 30; i++)
            {
                var node = new NodeId(1 + dice.Below(3));
                var after = dice.Below(20);
                var run = new DotRun(node, after, after + dice.Below(5));
                context.Add(run);
                for (var n = run.After + 1; n <= run.UpTo; n++) set.Add(new Dot(node, n));
            }

            Same();
            for (var i = 1; i < context.Count; i++)
                (context[i - 1].Node != context[i].Node || context[i - 1].UpTo < context[i].After)
                    .ShouldBeTrue("runs that meet become one");
            for (var n = 1; n <= 3; n++) floor.Advance(new NodeId(n), dice.Below(12));
            context.Trim(floor);
            set.RemoveWhere(floor.Covers);
            foreach (var dot in All().Where(d => !floor.Covers(d))) context.Contains(dot).ShouldBe(set.Contains(dot));

            void Same()
            {
                foreach (var dot in All()) context.Contains(dot).ShouldBe(set.Contains(dot));
                var vector = context.ToVersionVector();
                for (var n = 1; n <= 3; n++)
                    vector[new NodeId(n)].ShouldBe(Enumerable
                        .Range(1, 30).TakeWhile(c => set.Contains(new Dot(new NodeId(n), c))).LastOrDefault());
            }

            static IEnumerable<Dot> All() =>
                from n in Enumerable.Range(1, 3) from c in Enumerable.Range(1, 30) select new Dot(new NodeId(n), c);
        }
    }

    [Fact]
    public void Joining_contexts_is_joining_sets_in_any_order()
    {
        var dice = new Prng(9);
        for (var i = 0; i < 500; i++)
        {
            DotContext[] three = [Random(dice), Random(dice), Random(dice)];
            var (left, right) = (new DotContext(), new DotContext());
            foreach (var one in three) left.Join(one);
            foreach (var one in three.Reverse()) right.Join(one);
            right.Join(three[0]);
            left.SetEquals(right).ShouldBeTrue();
            foreach (var one in three)
                for (var r = 0; r < one.Count; r++) left.Covers(one[r]).ShouldBeTrue();
        }
    }

    [Fact]
    public void Dots_are_never_given_twice_by_whatever_incarnation()
    {
        var node = new NodeId(4);
        var seen = new HashSet<Dot>();
        for (var incarnation = 1; incarnation <= 5; incarnation++)
        {
            var dots = new DotSource(node, incarnation);
            if (incarnation == 3) dots.RemembersAll(0, seen.Max(d => d.Counter));
            for (var i = 0; i < 10; i++) seen.Add(dots.Next()).ShouldBeTrue();
            dots.Previous.ShouldBe(incarnation == 3 ? (2L << 40) + 10 : (long)incarnation << 40);
            dots.CompleteSince.ShouldBe(incarnation == 3 ? 0 : (long)incarnation << 40);
            Should.Throw<InvariantViolation>(() => dots.RemembersAll(0, 0));
        }

        Should.Throw<InvariantViolation>(() => new DotSource(node, 1L << 22));
        seen.Select(d => d.Incarnation).Distinct().ShouldBe([1, 2, 3, 4, 5]);
    }

    [Fact]
    public void Encodings_round_trip_and_refuse_every_cut()
    {
        var dice = new Prng(11);
        for (var i = 0; i < 300; i++)
        {
            var context = Random(dice);
            var bytes = new ArrayBufferWriter<byte>();
            context.Encode(bytes);
            context.ToVersionVector().Encode(bytes);
            var (again, vector) = (new DotContext(), new VersionVector());
            var reader = new PackedReader(bytes.WrittenSpan);
            DotContext.TryDecode(ref reader, again).ShouldBeTrue();
            VersionVector.TryDecode(ref reader, vector).ShouldBeTrue();
            reader.IsAtEnd.ShouldBeTrue();
            again.SetEquals(context).ShouldBeTrue();
            vector.CompareWith(context.ToVersionVector()).ShouldBe(Causal.Equal);
            for (var length = 0; length < bytes.WrittenCount; length++)
            {
                var cut = new PackedReader(bytes.WrittenSpan[..length]);
                (DotContext.TryDecode(ref cut, again) && VersionVector.TryDecode(ref cut, vector)).ShouldBeFalse();
            }
        }
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(127UL)]
    [InlineData(128UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    public void Numbers_round_trip_and_have_one_form(ulong value)
    {
        var bytes = new ArrayBufferWriter<byte>();
        Packing.WriteNumber(bytes, value);
        Packing.WriteSigned(bytes, (long)value);
        var reader = new PackedReader(bytes.WrittenSpan);
        reader.TryNumber(out var read).ShouldBeTrue();
        read.ShouldBe(value);
        reader.TrySigned(out var signed).ShouldBeTrue();
        signed.ShouldBe((long)value);
        new PackedReader([0x80, 0x00]).TryNumber(out _).ShouldBeFalse();
        new PackedReader([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02]).TryNumber(out _).ShouldBeFalse();
    }

    private static DotContext Random(Prng dice)
    {
        var context = new DotContext();
        for (var i = dice.Below(6); i > 0; i--)
        {
            var after = dice.Below(30);
            context.Add(new DotRun(new NodeId(1 + dice.Below(4)), after, after + dice.Below(8)));
        }

        return context;
    }
}
