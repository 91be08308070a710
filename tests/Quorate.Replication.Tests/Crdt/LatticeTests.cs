using System.Buffers;
using Quorate.Replication.Causality;

namespace Quorate.Replication.Tests.Crdt;

/// <summary>The laws that make states converge, for every kind.</summary>
public sealed class LatticeTests
{
    private const int Nodes = 3;

    [Theory]
    [MemberData(nameof(Lattice.Kinds), MemberType = typeof(Lattice))]
    public void Join_is_commutative_associative_idempotent_and_inflationary(string kind)
    {
        for (var seed = 1UL; seed <= 300; seed++)
        {
            var (states, _) = Random(kind, seed, steps: 25, loss: 300);
            var (a, b, c) = (states[0], states[1], states[2]);
            Joined(a, b).Bytes().ShouldBe(Joined(b, a).Bytes(), $"commutative, seed {seed}");
            Joined(Joined(a, b), c).Bytes().ShouldBe(Joined(a, Joined(b, c)).Bytes(), $"associative, seed {seed}");
            Joined(a, a).Bytes().ShouldBe(a.Bytes(), $"idempotent, seed {seed}");
            Joined(Joined(a, b), a).Bytes().ShouldBe(Joined(a, b).Bytes(), $"inflationary, seed {seed}");
            Joined(a, b).Digest().ShouldBe(Joined(b, a).Digest(), $"digests, seed {seed}");
        }
    }

    [Theory]
    [MemberData(nameof(Lattice.Kinds), MemberType = typeof(Lattice))]
    public void The_join_of_all_deltas_in_any_order_is_the_join_of_all_states(string kind)
    {
        for (var seed = 1UL; seed <= 300; seed++)
        {
            var dice = new Prng(seed + 1000);
            var (states, deltas) = Random(kind, seed, steps: 20, loss: 300);
            var all = Joined(Joined(states[0], states[1]), states[2]);
            var one = Lattice.New(kind);
            foreach (var delta in deltas.OrderBy(_ => dice.NextUInt64())) one.Join(delta);
            foreach (var delta in deltas.Where(_ => dice.Chance(300))) one.Join(delta);
            one.Bytes().ShouldBe(all.Bytes(), $"seed {seed}");
            one.Digest().ShouldBe(all.Digest());

            // Deltas joined among themselves first are a delta as well.
            var group = Lattice.New(kind);
            foreach (var delta in deltas.Take(deltas.Count / 2)) group.Join(delta);
            var other = Lattice.New(kind);
            foreach (var delta in deltas.Skip(deltas.Count / 2)) other.Join(delta);
            other.Join(group);
            other.Bytes().ShouldBe(all.Bytes(), $"groups, seed {seed}");
        }
    }

    [Theory]
    [MemberData(nameof(Lattice.Kinds), MemberType = typeof(Lattice))]
    public void Every_history_of_four_steps_on_two_replicas_gives_one_state_in_every_order_of_delivery(string kind)
    {
        // A step is one of four changes on one of two replicas, or one replica learning all of the other.
        const int Steps = 4, Choices = 10;
        int[][] orders = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1], [0, 2, 1, 3], [3, 0, 2, 1]];
        for (var history = 0; history < (int)Math.Pow(Choices, Steps); history++)
        {
            Lattice[] states = [Lattice.New(kind), Lattice.New(kind)];
            DotSource[] dots = [Dots(1), Dots(2)];
            var deltas = new List<Lattice>();
            for (var (step, rest) = (0, history); step < Steps; step++, rest /= Choices)
            {
                var (at, what) = (rest % 2, rest % Choices / 2);
                if (what == 4)
                {
                    states[at].Join(states[1 - at]);
                    continue;
                }

                deltas.Add(states[at].Change(what, dots[at], stamp: 1 + (step / 2)));
                states[at].Join(deltas[^1]);
            }

            var expected = Joined(states[0], states[1]).Bytes();
            foreach (var order in orders)
            {
                var one = Lattice.New(kind);
                foreach (var i in order)
                    if (i < deltas.Count) one.Join(deltas[i]);
                one.Bytes().ShouldBe(expected, $"history {history}, order {string.Join(' ', order)}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Lattice.Kinds), MemberType = typeof(Lattice))]
    public void Encodings_round_trip_and_refuse_every_cut(string kind)
    {
        for (var seed = 1UL; seed <= 50; seed++)
        {
            var state = Random(kind, seed, steps: 15, loss: 0).States[0];
            var bytes = new ArrayBufferWriter<byte>();
            state.Encode(bytes);
            var again = Lattice.New(kind);
            var reader = new PackedReader(bytes.WrittenSpan);
            again.TryDecode(ref reader).ShouldBeTrue();
            reader.IsAtEnd.ShouldBeTrue();
            var second = new ArrayBufferWriter<byte>();
            again.Encode(second);
            second.WrittenSpan.SequenceEqual(bytes.WrittenSpan).ShouldBeTrue();
            for (var length = 0; length < bytes.WrittenCount; length++)
            {
                var cut = new PackedReader(bytes.WrittenSpan[..length]);
                Lattice.New(kind).TryDecode(ref cut).ShouldBeFalse();
            }
        }
    }

    [Fact]
    public void A_new_state_is_bottom_and_a_removal_of_all_that_was_seen_leads_back_to_it()
    {
        foreach (var kind in Lattice.Kinds.Select(k => k.Data))
        {
            var state = Lattice.New(kind);
            state.IsBottom.ShouldBeTrue();
            var dots = Dots(1);
            state.Join(state.Change(2, dots, 1));
            state.IsBottom.ShouldBeFalse(kind);
            state.Join(state.Change(kind is "set" ? 3 : 0, dots, 2));
            state.IsBottom.ShouldBeTrue(kind);
            state.Digest().ShouldBe(0UL);
        }
    }

    private static DotSource Dots(int node)
    {
        var dots = new DotSource(new NodeId(node), 0);
        dots.RemembersAll(0, 0);
        return dots;
    }

    private static Lattice Joined(Lattice a, Lattice b)
    {
        var joined = a.Clone();
        joined.Join(b);
        return joined;
    }

    /// <summary>Three replicas that change, and lose some of each other's deltas, and sometimes learn all of another.</summary>
    private static (Lattice[] States, List<Lattice> Deltas) Random(string kind, ulong seed, int steps, int loss)
    {
        var dice = new Prng(seed);
        Lattice[] states = [.. Enumerable.Range(0, Nodes).Select(_ => Lattice.New(kind))];
        DotSource[] dots = [.. Enumerable.Range(1, Nodes).Select(Dots)];
        var deltas = new List<Lattice>();
        for (var i = 0; i < steps; i++)
        {
            var at = dice.Below(Nodes);
            if (dice.Chance(150))
            {
                states[at].Join(states[(at + 1) % Nodes]);
                continue;
            }

            // Stamps repeat, so that ties are broken by dots.
            var delta = states[at].Change(dice.Below(6), dots[at], stamp: 1 + (i / 3));
            deltas.Add(delta);
            for (var to = 0; to < Nodes; to++)
                if (to == at || !dice.Chance(loss)) states[to].Join(delta);
        }

        return (states, deltas);
    }
}
