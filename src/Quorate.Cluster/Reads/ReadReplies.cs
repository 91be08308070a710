using System.Text;
using Quorate.Replication;

namespace Quorate.Cluster.Reads;

/// <summary>The node's own error replies to reads.</summary>
internal static class ReadReplies
{
    public static ReadOnlySpan<byte> Lost =>
        "-LOST a fail-over cut off writes that this connection had made or seen; READS FORGET begins a new session\r\n"u8;

    /// <summary>What a client is told whose read no replica could answer in time.</summary>
    public static ReadOnlySpan<byte> Refusal(in ReadRule rule) => rule.Consistency switch
    {
        ReadConsistency.Bounded =>
            Encoding.UTF8.GetBytes(
                $"-MASTERDOWN no replica in reach can prove that its state is at most {rule.BoundMilliseconds} ms old\r\n"),
        ReadConsistency.Session => "-MASTERDOWN no replica in reach has everything that this connection has seen\r\n"u8,
        ReadConsistency.Eventual or ReadConsistency.Weak => "-MASTERDOWN no replica in reach has a state that can be read\r\n"u8,
        _ => Replies.NoLeader,
    };
}
