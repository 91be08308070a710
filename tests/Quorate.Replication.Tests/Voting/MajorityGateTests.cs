using Quorate.Replication.Voting;

namespace Quorate.Replication.Tests.Voting;

public sealed class MajorityGateTests
{
    [Fact]
    public void Three_inputs_are_the_gate_of_the_textbook()
    {
        for (var bits = 0; bits < 8; bits++)
        {
            bool a = (bits & 1) != 0, b = (bits & 2) != 0, c = (bits & 4) != 0;
            var gate = Fill(VotingRules.Sound, 3, [(1, 5, Bit(a)), (2, 5, Bit(b)), (3, 5, Bit(c))]);
            gate.IsDecided.ShouldBeTrue();
            (gate.Result == 1).ShouldBe((a && b) || (b && c) || (a && c));
        }

        static ulong Bit(bool value) => value ? 1UL : 0UL;
    }

    [Fact]
    public void Whatever_comes_in_whatever_order_it_decides_as_counting_does() =>
        FirstViolation(VotingRules.Sound, 20_000).ShouldBeNull();

    [Fact]
    public void Any_f_wrong_of_2f_and_1_are_masked()
    {
        var dice = new Prng(7);
        foreach (var voters in new[] { 3, 5, 7 })
        {
            for (var wrong = 0; wrong < 1 << voters; wrong++)
            {
                if (int.PopCount(wrong) > (voters - 1) / 2) continue;
                var votes = Enumerable.Range(0, voters)
                    .Select(i => (i + 1, 9, (wrong >> i & 1) == 0 ? 42UL : dice.NextUInt64())).OrderBy(_ => dice.NextUInt64());
                var gate = Fill(VotingRules.Sound, voters, [.. votes]);
                gate.IsDecided.ShouldBeTrue();
                gate.Result.ShouldBe(42UL);
                for (var i = 0; i < voters; i++) gate.IsDissenter(new NodeId(i + 1)).ShouldBe((wrong >> i & 1) != 0);
            }
        }
    }

    [Fact]
    public void A_gate_that_takes_the_first_answer_is_noticed() => FirstViolation(new FirstAnswer(), 1000).ShouldNotBeNull();

    [Fact]
    public void A_gate_that_asks_for_half_only_is_noticed() => FirstViolation(new Half(), 1000).ShouldNotBeNull();

    [Fact]
    public void A_gate_that_compares_at_different_indexes_is_noticed() => FirstViolation(new AnyIndex(), 1000).ShouldNotBeNull();

    [Fact]
    public void A_voter_votes_once()
    {
        var gate = new MajorityGate(3);
        gate.Add(new NodeId(1), new LogIndex(1), 5).ShouldBeTrue();
        gate.Add(new NodeId(1), new LogIndex(1), 5).ShouldBeFalse();
        gate.Add(new NodeId(1), new LogIndex(1), 6).ShouldBeFalse();
        gate.IsDecided.ShouldBeFalse();
        gate.Count.ShouldBe(1);
    }

    /// <summary>Random votes, of few different values so that they often agree; the gate against plain counting.</summary>
    private static string? FirstViolation(VotingRules rules, int rounds)
    {
        var dice = new Prng(1);
        for (var round = 0; round < rounds; round++)
        {
            var voters = dice.Below(7) + 1;
            var votes = new List<(int From, int Index, ulong Value)>();
            for (var i = 0; i < voters; i++)
                if (!dice.Chance(200)) votes.Add((i + 1, 5 + dice.Below(2), (ulong)dice.Below(2)));
            votes = [.. votes.OrderBy(_ => dice.NextUInt64())];
            if (Violation(Fill(rules, voters, votes), voters, votes) is { } why) return $"round {round}: {why}";
        }

        return null;
    }

    private static string? Violation(MajorityGate gate, int voters, List<(int From, int Index, ulong Value)> votes)
    {
        var winners = votes.GroupBy(v => (v.Index, v.Value)).Where(g => g.Count() > voters / 2).ToList();
        if (gate.IsDecided != (winners.Count == 1))
            return $"decided {gate.IsDecided}, but {winners.Count} values have a majority";
        var most = votes.Count == 0 ? 0 : votes.GroupBy(v => (v.Index, v.Value)).Max(g => g.Count());
        if (gate.IsHopeless != (winners.Count == 0 && most + voters - votes.Count <= voters / 2)) return "hopeless or not";
        var differ = votes.Any(a => votes.Any(b => a.Index == b.Index && a.Value != b.Value));
        if (gate.HasDisagreement != differ) return "disagreement or not";
        if (winners.Count == 0) return null;
        var (index, value) = winners[0].Key;
        if (gate.Result != value || gate.Index.Value != index) return "another value";
        foreach (var vote in votes)
        {
            if (gate.IsDissenter(new NodeId(vote.From)) != (vote.Index == index && vote.Value != value))
                return "a dissenter or not";
            if (gate.IsAmongMajority(new NodeId(vote.From)) != (vote.Index == index && vote.Value == value))
                return "of the majority or not";
        }

        return null;
    }

    private static MajorityGate Fill(VotingRules rules, int voters, IEnumerable<(int From, int Index, ulong Value)> votes)
    {
        var gate = new MajorityGate(voters, rules);
        foreach (var (from, index, value) in votes) gate.Add(new NodeId(from), new LogIndex(index), value);
        return gate;
    }

    private sealed class FirstAnswer : VotingRules
    {
        public override int MajorityOf(int voters) => 1;
    }

    private sealed class Half : VotingRules
    {
        public override int MajorityOf(int voters) => (voters + 1) / 2;
    }

    private sealed class AnyIndex : VotingRules
    {
        public override bool MayCompare(LogIndex a, LogIndex b) => true;
    }
}
