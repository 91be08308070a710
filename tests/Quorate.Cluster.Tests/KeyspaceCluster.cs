using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Tests;

/// <summary>Five nodes with a control plane, and questions about their keyspaces.</summary>
internal static class KeyspaceCluster
{
    public static LocalCluster With(params string[] keyspaces) => With(new ControlOptions(), keyspaces);

    public static LocalCluster With(ControlOptions options, params string[] keyspaces) => With(options, null, keyspaces);

    public static LocalCluster With(ControlOptions options, Func<NodeOptions, NodeOptions>? adjust, params string[] keyspaces)
    {
        var cluster = new LocalCluster(5, control: options, adjust: adjust);
        cluster.ElectSomebody();
        cluster.Until(() => cluster.Ids.All(n => cluster[n].View.Map!.Nodes.Count == 5), "all know the map");
        cluster.Run(300); // heartbeats of all have been heard
        foreach (var keyspace in keyspaces) cluster.Await(cluster.Connect(1), $"KEYSPACE CREATE {keyspace}").ShouldBe("+OK");
        cluster.Until(
            () => cluster.Ids.All(n => cluster[n].View.Map!.Keyspaces.Count == 16 + keyspaces.Length), "all know the keyspaces");
        return cluster;
    }

    public static GroupId GroupOf(LocalCluster cluster, string keyspace) => AnyMap(cluster).Keyspace(keyspace)!.Groups.Single();

    public static IReadOnlyList<int> Members(LocalCluster cluster, string keyspace) =>
        [.. AnyMap(cluster).Group(GroupOf(cluster, keyspace))!.Configuration.Members.Select(n => n.Value)];

    public static IReadOnlyList<int> Outsiders(LocalCluster cluster, string keyspace) =>
        [.. cluster.Ids.Except(Members(cluster, keyspace))];

    /// <summary>Whom the newest map names.</summary>
    public static int LeaderOf(LocalCluster cluster, string keyspace) =>
        AnyMap(cluster).Group(GroupOf(cluster, keyspace))!.Configuration.Leader.Value;

    public static int RaftLeaderOf(LocalCluster cluster, string keyspace) =>
        cluster.Up.First(n => cluster[n].Find(GroupOf(cluster, keyspace)) is { Electing.IsLeader: true });

    /// <summary>Whom the control plane named, or whom the replicas elected; waits for the election.</summary>
    public static int AwaitLeader(LocalCluster cluster, string keyspace)
    {
        if (LeaderOf(cluster, keyspace) is > 0 and var named) return named;
        cluster.Until(
            () => cluster.Up.Any(n => cluster[n].Find(GroupOf(cluster, keyspace)) is { Electing.IsLeader: true }),
            "somebody is elected");
        return RaftLeaderOf(cluster, keyspace);
    }

    /// <summary>As many in sync as the policy wants, and nobody is on the way in or out.</summary>
    public static bool IsSettled(LocalCluster cluster, string keyspace)
    {
        var group = AnyMap(cluster).Group(GroupOf(cluster, keyspace))!;
        return group.Configuration.InSync.Count == group.Policy.Replicas && group.Configuration.Learners.Count == 0;
    }

    private static ClusterMap AnyMap(LocalCluster cluster) => cluster.Up.Select(n => cluster[n].View.Map!).MaxBy(m => m.Version)!;
}
