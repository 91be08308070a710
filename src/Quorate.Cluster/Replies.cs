using System.Text;

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

    public static byte[] Uncertain(string why) =>
        Encoding.UTF8.GetBytes($"-UNCERTAIN the write may or may not take effect: {why}\r\n");
}
