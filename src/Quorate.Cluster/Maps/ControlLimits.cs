using Quorate.Replication.Policies;

namespace Quorate.Cluster.Maps;

/// <summary>How large the cluster's map may become. Every list in it has its bound here.</summary>
public static class ControlLimits
{
    /// <summary>Longest name, address or label, in bytes of UTF-8.</summary>
    public const int LongestTextBytes = 128;

    /// <summary>Nodes that are not removed.</summary>
    public const int MostNodes = 256;

    /// <summary>Nodes with which another may join: the control group's configuration has room for so many, and for one on its way
    /// in.</summary>
    public const int MostJoinedNodes = 200;

    /// <summary>Removed nodes that are remembered by id; older ones are refused by number alone.</summary>
    public const int MostRemovedNodes = 64;

    public const int MostKeyspaces = 1024;

    public const int MostGroups = 4096;

    /// <summary>Groups of one keyspace.</summary>
    public const int MostGroupsPerKeyspace = 64;

    /// <summary>Replicas of one group: those of the policy and as many on their way in.</summary>
    public const int MostMembers = 2 * PolicyCheck.MostReplicas - 1;

    public const int Databases = 16;
}
