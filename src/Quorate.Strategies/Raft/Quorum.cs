using System.Runtime.CompilerServices;
using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>How a vote stands.</summary>
internal enum VoteResult : byte
{
    Pending,
    Won,
    Lost,
}

/// <summary>A number per node; a struct that implements it costs no allocation and no indirect call.</summary>
internal interface INodeValue
{
    long Of(NodeId node);
}

/// <summary>What a node answered: 1 yes, -1 no, 0 nothing yet.</summary>
internal interface INodeVote
{
    int Of(NodeId node);
}

/// <summary>The mathematics of quorums over simple and joint configurations. [Raft §5.1, §4.3]</summary>
internal static class Quorum
{
    /// <summary>The highest number that a quorum has reached; while joint, a quorum of each side.</summary>
    [SkipLocalsInit]
    public static long Reached<TValue>(Configuration configuration, RaftRules rules, in TValue value)
        where TValue : struct, INodeValue
    {
        Span<long> values = stackalloc long[256];
        var incoming = Reached(configuration.VoterSpan, LearnersCounted(configuration, rules), rules, value, values);
        if (!configuration.IsJoint) return incoming;
        return Math.Min(incoming, Reached(configuration.OutgoingSpan, default, rules, value, values));
    }

    /// <summary>Won when a quorum (of each side) said yes, lost when that cannot come any more.</summary>
    public static VoteResult Count<TVote>(Configuration configuration, RaftRules rules, in TVote votes)
        where TVote : struct, INodeVote
    {
        var incoming = Count(configuration.VoterSpan, LearnersCounted(configuration, rules), rules, votes);
        if (!configuration.IsJoint) return incoming;
        var outgoing = Count(configuration.OutgoingSpan, default, rules, votes);
        if (incoming == VoteResult.Lost || outgoing == VoteResult.Lost) return VoteResult.Lost;
        return incoming == VoteResult.Won && outgoing == VoteResult.Won ? VoteResult.Won : VoteResult.Pending;
    }

    private static ReadOnlySpan<NodeId> LearnersCounted(Configuration configuration, RaftRules rules) =>
        rules.CountsLearners ? configuration.LearnerSpan : default;

    private static long Reached<TValue>(
        ReadOnlySpan<NodeId> voters, ReadOnlySpan<NodeId> others, RaftRules rules, in TValue value, Span<long> values)
        where TValue : struct, INodeValue
    {
        var count = 0;
        foreach (var node in voters) values[count++] = value.Of(node);
        foreach (var node in others) values[count++] = value.Of(node);
        values = values[..count];
        values.Sort();
        return values[count - rules.QuorumOf(count)];
    }

    private static VoteResult Count<TVote>(
        ReadOnlySpan<NodeId> voters, ReadOnlySpan<NodeId> others, RaftRules rules, in TVote votes)
        where TVote : struct, INodeVote
    {
        int yes = 0, no = 0;
        foreach (var node in voters) Tally(votes.Of(node), ref yes, ref no);
        foreach (var node in others) Tally(votes.Of(node), ref yes, ref no);
        var total = voters.Length + others.Length;
        var quorum = rules.QuorumOf(total);
        if (yes >= quorum) return VoteResult.Won;
        return total - no < quorum ? VoteResult.Lost : VoteResult.Pending;
    }

    private static void Tally(int vote, ref int yes, ref int no)
    {
        if (vote > 0) yes++;
        else if (vote < 0) no++;
    }
}
