using System.Text;
using Quorate.Replication;

namespace Quorate.Cluster;

/// <summary>
/// The node's own error replies. A code is a promise: TRYAGAIN and CLUSTERDOWN are said only when it is certain that the
/// command was not and will not be executed; everything else about a write is UNCERTAIN.
/// </summary>
internal static class Replies
{
    public static ReadOnlySpan<byte> TryAgain =>
        "-TRYAGAIN leadership moved before the write was accepted; it was not executed\r\n"u8;

    public static ReadOnlySpan<byte> NoLeader =>
        "-CLUSTERDOWN no leader with a majority could be reached in time; the command was not executed\r\n"u8;

    /// <summary>True for a refusal with a code of its own: fewer replicas than the policy asks for.</summary>
    public static bool IsShort(in Outcome outcome) =>
        outcome.Kind == OutcomeKind.Unavailable
            && outcome.Why is { } why && why.StartsWith("NOREPLICAS", StringComparison.Ordinal);

    /// <summary>True for a reply that says that a forwarded write was not executed.</summary>
    public static bool IsRefusal(ReadOnlySpan<byte> reply) => reply.StartsWith("-NOREPLICAS"u8);

    public static byte[] Of(in Outcome outcome) => Encoding.UTF8.GetBytes($"-{outcome.Why}\r\n");

    /// <summary>What the client is told of a write that was not applied here.</summary>
    public static ReadOnlySpan<byte> OfWrite(in Outcome outcome) =>
        outcome.Kind == OutcomeKind.Unknown ? Uncertain(outcome.Why ?? "the log moved on without this node")
        : IsShort(outcome) ? Of(outcome)
        : TryAgain;

    public static ReadOnlySpan<byte> NoReplicaHere =>
        "-TRYAGAIN the node that got the command no longer holds a replica; the command was not executed\r\n"u8;

    public static ReadOnlySpan<byte> NoReplica =>
        "-CLUSTERDOWN no replica could be reached in time; the command was not executed\r\n"u8;

    /// <summary>What the client is told of a command that a replica whose data merges did not execute.</summary>
    public static byte[] OfMerging(in Outcome outcome, bool isRead)
    {
        var why = outcome.Why
            ?? (outcome.Kind == OutcomeKind.NotLeader ? "this replica does not serve yet" : "the replica gave up");
        if (outcome.Kind == OutcomeKind.Unknown && !isRead) return Uncertain(why);
        return HasCode(why) ? Of(outcome) : Encoding.UTF8.GetBytes($"-TRYAGAIN {why}; the command was not executed\r\n");
    }

    private static bool HasCode(string why)
    {
        var first = why.AsSpan(0, Math.Max(0, why.IndexOf(' ', StringComparison.Ordinal)));
        return first.Length > 2 && first.IndexOfAnyExceptInRange('A', 'Z') < 0;
    }

    public static byte[] Uncertain(string why) =>
        Encoding.UTF8.GetBytes($"-UNCERTAIN the write may or may not take effect: {why}\r\n");
}
