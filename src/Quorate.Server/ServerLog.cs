using Microsoft.Extensions.Logging;
using Quorate.Replication;

namespace Quorate.Server;

/// <summary>Everything a node writes to the log.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Information, "connected to {Peer} at {Address}")]
    public static partial void PeerUp(this ILogger log, NodeId peer, string address);

    [LoggerMessage(2, LogLevel.Warning, "lost {Peer} at {Address}")]
    public static partial void PeerDown(this ILogger log, NodeId peer, string address);

    [LoggerMessage(3, LogLevel.Error, "refused a peer's connection from {Address}: {Why}")]
    public static partial void PeerRefused(this ILogger log, string address, string why);

    [LoggerMessage(4, LogLevel.Error, "{Peer} at {Address} refuses this node: {Why}")]
    public static partial void RefusedByPeer(this ILogger log, NodeId peer, string address, string why);

    [LoggerMessage(5, LogLevel.Error, "{Peer} sent a damaged frame: connection closed")]
    public static partial void PeerBroken(this ILogger log, NodeId peer);

    [LoggerMessage(6, LogLevel.Critical, "the journal failed, this node takes no more writes: {Why}")]
    public static partial void JournalFailed(this ILogger log, string why);

    [LoggerMessage(7, LogLevel.Information, "node {Node} serves clients at {Resp}, peers at {Peer}, HTTP at {Http}")]
    public static partial void Serving(this ILogger log, string node, string resp, string peer, string http);

    [LoggerMessage(8, LogLevel.Critical, "bug, this node stops: {What}")]
    public static partial void Bug(this ILogger log, string what);

    [LoggerMessage(10, LogLevel.Warning, "the list of members in {Folder} could not be renewed: {Why}")]
    public static partial void SeatNotKept(this ILogger log, string folder, string why);

    [LoggerMessage(9, LogLevel.Warning, "{What}")]
    public static partial void Storage(this ILogger log, string what);

    [LoggerMessage(10, LogLevel.Error, "{What}")]
    public static partial void Alarm(this ILogger log, string what);

    [LoggerMessage(11, LogLevel.Warning, "{What}")]
    public static partial void Notice(this ILogger log, string what);
}
