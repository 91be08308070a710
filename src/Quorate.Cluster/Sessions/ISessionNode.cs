using Quorate.Cluster.Commands;
using Quorate.Cluster.Groups;
using Quorate.Replication;

namespace Quorate.Cluster.Sessions;

/// <summary>The node as its clients' sessions see it.</summary>
internal interface ISessionNode
{
    NodeOptions Options { get; }

    INodeHost Host { get; }

    /// <summary>The time of the step; a session's step sets it.</summary>
    StepTime Now { get; set; }

    NodeStatistics Statistics { get; }

    Routing Routing { get; }

    Pause Pause { get; }

    /// <summary>What the node's own commands see of it.</summary>
    INodeView View { get; }

    /// <summary>Non-null once the journal has failed: what commands on keys are answered with.</summary>
    string? Refusal { get; }

    /// <summary>The session goes on after the step.</summary>
    void AddReady(ClientSession session);
}
