using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Rows;

namespace Quorate.Cluster.Hosting;

/// <summary>The node as its groups and their parts see it.</summary>
internal interface IGroupNode
{
    NodeOptions Options { get; }

    NodeRules Rules { get; }

    INodeHost Host { get; }

    /// <summary>The time of the step.</summary>
    StepTime Now { get; }

    AlarmQueue Alarms { get; }

    /// <summary>Nodes, keyspaces and groups; null where there is no control plane.</summary>
    ClusterMap? Map { get; }

    /// <summary>Counts the changes of which node holds what.</summary>
    long PlacesVersion { get; }

    /// <summary>When other nodes were last heard of.</summary>
    IPeerWatch Watch { get; }

    /// <summary>This life of the node, as the nodes know it that it forwards to; see <see cref="Lives"/>.</summary>
    long Life { get; }

    /// <summary>Sends at the end of the turn; lost when the node cannot be reached.</summary>
    void SendTo(NodeId to, HostedGroup group, Message message);

    void NeedsTurnEnd(HostedGroup group);

    /// <summary>Something has to leave the node at the end of the turn; at its end it leaves anyway.</summary>
    void HasEffects(HostedGroup group);

    /// <summary>The group appended something: it hears when that is durable.</summary>
    void AwaitJournal(HostedGroup group);

    /// <summary>The group's clock is to move on before the step is over.</summary>
    void AwaitClock(IClocked group);

    /// <summary>Another node leads a group, or none: sessions look whether they can go on.</summary>
    void OnLeaderChanged();
}

/// <summary>What has a clock of its own, which moves by entries of its log.</summary>
internal interface IClocked
{
    void ProposeClock(StepTime now);
}
