using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Quorate.Cluster;
using Quorate.Replication;
using Quorate.Replication.Policies;
using Quorate.Server.Clients;
using Quorate.Server.Peers;

namespace Quorate.Server;

/// <summary>What one node of a cluster is told by its operator.</summary>
public sealed record NodeServerOptions
{
    public required NodeId Self { get; init; }

    /// <summary>The node's name, e.g. <c>n1</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where the node keeps what it must remember. Null only with <see cref="Durability.Memory"/>, which writes
    /// nothing.</summary>
    public string? DataFolder { get; init; }

    public Durability Durability { get; init; } = Durability.Fsync;

    /// <summary>Where clients connect, host:port; port 0 takes any free one.</summary>
    public required string RespAddress { get; init; }

    /// <summary>Where peers connect.</summary>
    public required string PeerAddress { get; init; }

    /// <summary>Where health, status and metrics are served.</summary>
    public required string HttpAddress { get; init; }

    /// <summary>Where the node stands, for placement and nearness.</summary>
    public NodeLabels Labels { get; init; } = new();

    /// <summary>Regions that are played in one process; null: there is nothing between the nodes but the network.</summary>
    public RegionNetwork? Regions { get; init; }

    /// <summary>For a node that has joined: the nodes with which the cluster began, which are its name. Null: those that it is
    /// started with, itself among them.</summary>
    public IReadOnlyList<Member>? Founders { get; init; }

    public ClientLimits Clients { get; init; } = new();

    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;
}

/// <summary>The node was removed from the cluster while it ran, or before; the message is one line.</summary>
public sealed class RemovedFromClusterException(string message) : Exception(message);

/// <summary>A node cannot start, for a reason that its operator can mend; the message is one line.</summary>
public sealed class CannotStartException(string message, Exception? inner = null) : Exception(message, inner);
