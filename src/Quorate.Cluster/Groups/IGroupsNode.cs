using Quorate.Cluster.Hosting;
using Quorate.Cluster.Reads;
using Quorate.Replication;

namespace Quorate.Cluster.Groups;

/// <summary>The node as those see it that make, find and drop groups.</summary>
internal interface IGroupsNode : IGroupNode
{
    Holdings Holdings { get; }

    Routing Routing { get; }

    LostAndFound Lost { get; }

    /// <summary>Which peers answer reads, and how fast.</summary>
    PeerScores Peers { get; }

    ReadStatistics ReadStatistics { get; }

    /// <summary>The groups of keys that are here, or that something stands for here.</summary>
    IEnumerable<Group> Groups { get; }

    /// <summary>Those that are not quiet, the control group too, in no order.</summary>
    IReadOnlyList<HostedGroup> Ticking { get; }

    /// <summary>The group of the numbered databases, or what stands for it where this node does not hold it.</summary>
    Group Default { get; }

    /// <summary>A group of keys, or what stands for it here; null when it was never asked for.</summary>
    Group? Find(GroupId id);

    /// <summary>A replica of the group is here, the control group's too, or something stands for it.</summary>
    bool Hosts(GroupId id);

    /// <summary>The group stands for its keys from now on, in place of what did so until now.</summary>
    void AddGroup(Group group);

    void RemoveGroup(GroupId id);

    /// <summary>A key of a group whose data merges has come into conflict here.</summary>
    void OnConflict(GroupId group, byte[] key);
}
