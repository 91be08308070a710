using Quorate.Replication;
using Quorate.Strategies.Raft;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>The mathematics against brute force, small domains exhaustively.</summary>
public sealed class QuorumTests
{
    [Fact]
    public void What_a_quorum_has_reached_is_the_highest_number_that_a_majority_of_each_side_has()
    {
        var dice = new Prng(3);
        for (var round = 0; round < 3000; round++)
        {
            var configuration = Draw(dice);
            var values = Enumerable.Range(1, 8).ToDictionary(i => new NodeId(i), _ => dice.Below(6L));
            var naive = Enumerable.Range(0, 7).Select(i => (long)i).Where(v =>
                IsMajority(configuration.Voters, n => values[n] >= v)
                && (!configuration.IsJoint || IsMajority(configuration.OutgoingVoters, n => values[n] >= v))).Max();
            Quorum.Reached(configuration, RaftRules.Paper, new Values(values)).ShouldBe(naive, configuration.ToString());
        }
    }

    [Fact]
    public void A_vote_is_won_with_both_majorities_and_lost_when_one_cannot_come()
    {
        var dice = new Prng(4);
        for (var round = 0; round < 3000; round++)
        {
            var configuration = Draw(dice);
            var votes = Enumerable.Range(1, 8).ToDictionary(i => new NodeId(i), _ => dice.Below(3) - 1);
            var sides = configuration.IsJoint
                ? new[] { configuration.Voters, configuration.OutgoingVoters } : [configuration.Voters];
            var expected = sides.All(s => IsMajority(s, n => votes[n] > 0)) ? VoteResult.Won
                : sides.Any(s => !IsMajority(s, n => votes[n] >= 0)) ? VoteResult.Lost
                : VoteResult.Pending;
            Quorum.Count(configuration, RaftRules.Paper, new Votes(votes)).ShouldBe(expected, configuration.ToString());
        }
    }

    [Fact]
    public void Any_two_quorums_meet()
    {
        for (var voters = 1; voters <= 9; voters++)
        {
            var quorum = RaftRules.Paper.QuorumOf(voters);
            (2 * quorum).ShouldBeGreaterThan(voters);
            (2 * (quorum - 1)).ShouldBeLessThanOrEqualTo(voters);
        }
    }

    private static bool IsMajority(IReadOnlyList<NodeId> voters, Func<NodeId, bool> counts) =>
        2 * voters.Count(counts) > voters.Count;

    private static Configuration Draw(Prng dice)
    {
        var ids = Enumerable.Range(1, 8).Select(i => new NodeId(i)).ToList();
        var voters = ids.Where(_ => dice.Chance(500)).DefaultIfEmpty(ids[dice.Below(8)]).ToList();
        var outgoing = dice.Chance(500) ? ids.Where(_ => dice.Chance(500)) : [];
        return new Configuration(voters, ids.Except(voters).Where(_ => dice.Chance(300)), outgoing);
    }

    private readonly struct Values(Dictionary<NodeId, long> values) : INodeValue
    {
        public long Of(NodeId node) => values[node];
    }

    private readonly struct Votes(Dictionary<NodeId, int> votes) : INodeVote
    {
        public int Of(NodeId node) => votes[node];
    }
}
