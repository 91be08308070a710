using System.Text;
using Quorate.Replication;
using Quorate.Strategies.CasPaxos;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.CasPaxos;

/// <summary>
/// A small world, all of it: one key, three acceptors, two proposers that each want to increment, every order in which messages
/// can arrive on links that keep theirs; and random ones on links that keep, lose and repeat as they like. A state that looks
/// like one seen before (what replicas say of themselves, and the network) is not gone into again.
/// </summary>
public sealed class ExplorationTests
{
    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    public void In_no_order_of_messages_is_a_change_lost_or_made_twice(bool hasPromise, int losses)
    {
        var explored = new Exploration(hasPromise, losses, CasPaxosRules.Paper);
        explored.Run().ShouldBeNull();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{explored.States} states, {explored.Ends} ends, {string.Join("; ", explored.Outcomes.Order())}");
        explored.IsComplete.ShouldBeTrue();
        explored.Outcomes.Count.ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void In_no_random_order_with_losses_and_copies_is_a_change_lost_or_made_twice(bool hasPromise)
    {
        var explored = new Exploration(hasPromise, 3, CasPaxosRules.Paper);
        for (ulong seed = 1; seed <= 2000; seed++) explored.Walk(seed).ShouldBeNull();
        TestContext.Current.TestOutputHelper?.WriteLine($"{explored.Ends} ends, {string.Join("; ", explored.Outcomes.Order())}");
        explored.Outcomes.Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public void A_change_that_is_not_looked_for_is_found_to_be_made_twice()
    {
        var explored = new Exploration(hasPromise: false, losses: 3, new MakesItAgain());
        Enumerable.Range(1, 2000).Any(seed => explored.Walk((ulong)seed) is not null).ShouldBeTrue();
    }

    private sealed class MakesItAgain : CasPaxosRules
    {
        public override bool LooksForItsChange => false;
    }

    private sealed class Exploration(bool hasPromise, int losses, CasPaxosRules rules)
    {
        private const int MostStates = 20_000;

        private readonly HashSet<string> _seen = [];

        public int States => _seen.Count;

        public int Ends { get; private set; }

        /// <summary>Nothing was left out.</summary>
        public bool IsComplete { get; private set; }

        public HashSet<string> Outcomes { get; } = [];

        /// <summary>Null: nothing wrong was found.</summary>
        public string? Run()
        {
            var paths = new Stack<int[]>();
            paths.Push([]);
            while (paths.TryPop(out var path) && _seen.Count < MostStates)
            {
                var group = Replay(path, out var lost);
                if (!_seen.Add(StateOf(group, lost))) continue;
                var network = group.World.Network;
                if (network.Count == 0)
                {
                    if (End(group) is { } wrong) return $"{string.Join(' ', path)}: {wrong}";
                    continue;
                }

                for (var i = 0; i < network.Count; i++)
                {
                    // Of one sender to one receiver in order; all others in any.
                    if (network.FindIndex(e => e.From == network[i].From && e.To == network[i].To) < i) continue;
                    paths.Push([.. path, i]);
                    if (lost < losses) paths.Push([.. path, -1 - i]);
                }
            }

            IsComplete = paths.Count == 0;
            return null;
        }

        /// <summary>One random order, out of order within a link as well.</summary>
        public string? Walk(ulong seed)
        {
            var dice = new Prng(seed);
            var group = Replay([], out _);
            var network = group.World.Network;
            for (var left = losses; network.Count > 0;)
            {
                var envelope = network[dice.Below(network.Count)];
                if (left > 0 && dice.Chance(120))
                {
                    left--;
                    if (dice.Chance(500)) network.Add(envelope with { });
                    else network.Remove(envelope);
                    continue;
                }

                group.World.Deliver(envelope);
                if (dice.Chance(60)) group.World.TickAll();
            }

            return End(group) is { } wrong ? $"seed {seed}: {wrong}" : null;
        }

        /// <summary>The same inputs give the same world: a path says which message is delivered, or, below 0, lost.</summary>
        private CasPaxosGroup Replay(int[] path, out int lost)
        {
            var group = new CasPaxosGroup(3, new CasPaxosOptions { OneRoundTrip = hasPromise }, rules);
            if (hasPromise) group.Do(1, "SET x 0");
            group.Ask(1, "INCR x");
            group.Ask(2, "INCR x");
            lost = 0;
            foreach (var step in path)
            {
                if (step >= 0) group.World.Deliver(group.World.Network[step]);
                else
                {
                    group.World.Network.RemoveAt(-1 - step);
                    lost++;
                }
            }

            return group;
        }

        private string? End(CasPaxosGroup group)
        {
            Ends++;
            group.Ticks(400);
            var first = hasPromise ? 2 : 1;
            var answers = new[] { group.Answer(1, first), group.Answer(2, first + 1) };
            var value = group.Do(3, "GET x");
            Outcomes.Add($"{answers[0]}, {answers[1]}, then {value}");
            var done = answers.Count(a => long.TryParse(a, out _));
            if (done == 2)
                return value == "2" && answers.Order().SequenceEqual(["1", "2"])
                    ? null : $"{answers[0]} and {answers[1]}, then {value}";
            return answers.Contains("") || !long.TryParse(value, out var number) || number < done || number > 2
                ? $"'{answers[0]}' and '{answers[1]}', then {value}" : null;
        }

        private static string StateOf(CasPaxosGroup group, int lost)
        {
            var text = new StringBuilder().Append(lost);
            foreach (var node in group.World.Nodes.Values)
            {
                node.Replica.Describe(text);
                text.Append('|').AppendJoin(
                    ',', node.Outcomes.Select(o => $"{o.Key}={o.Value}{group.Protocol.Replies.GetValueOrDefault(o.Key)}"));
            }

            foreach (var line in group.World.Network.Select(e => $"{e.From}{e.To}{e.Text}").Order(StringComparer.Ordinal))
                text.Append('\n').Append(line);
            return text.ToString();
        }
    }
}
