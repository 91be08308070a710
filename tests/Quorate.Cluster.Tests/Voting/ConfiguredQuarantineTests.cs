using Quorate.Cluster.Control;
using Quorate.Cluster.Sessions;
using Quorate.Replication;
using static Quorate.Cluster.Tests.KeyspaceCluster;
using static Quorate.Cluster.Tests.Voting.Corruption;

namespace Quorate.Cluster.Tests.Voting;

/// <summary>Strategies that the control plane configures: the replica that is wrong goes and comes again.</summary>
public sealed class ConfiguredQuarantineTests
{
    public static TheoryData<string> Strategies =>
        new(
            "STRATEGY primary", "STRATEGY primary ACK majority", "STRATEGY primary ACK async", "STRATEGY chain",
            "STRATEGY chain READS craq");

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Equal_replicas_agree(string policy)
    {
        var cluster = Filled(policy);
        cluster.Run(3000);
        var leader = GroupOn(cluster, LeaderOf(cluster, "v"), GroupOf(cluster, "v")).Voting.Figures;
        leader.RangesAgreed.ShouldBeGreaterThan(10);
        leader.RangesUndecided.ShouldBe(0);
        Alarms(cluster).ShouldBe("");
    }

    [Theory]
    [MemberData(nameof(Strategies))]
    public void A_backup_that_is_wrong_leaves_and_another_good_copy_is_made(string policy)
    {
        var cluster = Filled(policy);
        var bad = Members(cluster, "v")[^1];
        Flip(GroupOn(cluster, bad, GroupOf(cluster, "v")).Machine, "k7");
        cluster.Until(() => !Members(cluster, "v").Contains(bad), "it leaves the group");
        IsWholeAgain(cluster);
        Notices(cluster).ShouldContain($"the state of n{bad} differs from the majority's: it leaves the group");
        cluster.Await(Select(cluster, bad), "GET k7").ShouldBe("$2 v7");
    }

    [Theory]
    [MemberData(nameof(Strategies))]
    public void A_primary_or_head_that_is_wrong_hands_over_and_leaves(string policy)
    {
        var cluster = Filled(policy);
        var bad = LeaderOf(cluster, "v");
        Flip(GroupOn(cluster, bad, GroupOf(cluster, "v")).Machine, "k7");
        cluster.Until(() => !Members(cluster, "v").Contains(bad), "it leaves the group");
        IsWholeAgain(cluster);
        LeaderOf(cluster, "v").ShouldNotBe(bad);
        foreach (var node in cluster.Ids) cluster.Await(Select(cluster, node), "GET k7").ShouldBe("$2 v7");
    }

    [Fact]
    public void Where_there_is_no_other_node_it_comes_again_empty_and_is_filled()
    {
        var cluster = Filled("STRATEGY primary REPLICAS 5 ACK majority");
        var group = GroupOf(cluster, "v");
        var bad = Members(cluster, "v")[^1];
        var before = GroupOn(cluster, bad, group);
        Flip(before.Machine, "k7");
        cluster.Until(() => !Members(cluster, "v").Contains(bad), "it leaves the group");
        IsWholeAgain(cluster);
        Members(cluster, "v").ShouldContain(bad);
        GroupOn(cluster, bad, group).ShouldNotBe(before);
        Local(GroupOn(cluster, bad, group).Machine, "k7").ShouldBe("v7");
        GroupOn(cluster, bad, group).Voting.State.ShouldBe("ok");
    }

    [Fact]
    public void It_answers_no_read_until_it_is_gone()
    {
        var cluster = Filled("STRATEGY primary READS eventual");
        var group = GroupOf(cluster, "v");
        var bad = Members(cluster, "v")[^1];
        var session = Select(cluster, bad);
        cluster.Await(session, "GET k7").ShouldBe("$2 v7");
        Flip(GroupOn(cluster, bad, group).Machine, "k7");
        cluster.Until(
            () => cluster[bad].Find(group) is { IsAbsent: true } || GroupOn(cluster, bad, group).Voting.IsDistrusted,
            "it is told");
        for (var i = 0; i < 100; i++) cluster.Await(session, "GET k7").ShouldBe("$2 v7");
    }

    [Fact]
    public void It_stays_where_the_policy_leaves_none_to_spare()
    {
        var cluster = Filled("STRATEGY primary ACK semisync:2");
        var bad = Members(cluster, "v")[^1];
        Flip(GroupOn(cluster, bad, GroupOf(cluster, "v")).Machine, "k7");
        cluster.Until(
            () => Notices(cluster).Contains("it stays until there are more", StringComparison.Ordinal), "there is a notice");
        cluster.Run(2000);
        Members(cluster, "v").ShouldContain(bad);
        cluster.Await(Select(cluster, 1), "SET a 1").ShouldBe("+OK");
    }

    private static LocalCluster Filled(string policy)
    {
        var cluster = With(new ControlOptions(), Fast, $"v {policy}");
        var session = Select(cluster, 1);
        for (var i = 0; i < 60; i++) cluster.Await(session, $"SET k{i} v{i}").ShouldBe("+OK");
        cluster.Until(() => IsSettled(cluster, "v"), "all are in sync");
        return cluster;
    }

    private static ClientSession Select(LocalCluster cluster, int node)
    {
        var session = cluster.Connect(node);
        cluster.Await(session, "SELECT v").ShouldBe("+OK");
        return session;
    }

    private static void IsWholeAgain(LocalCluster cluster)
    {
        var group = GroupOf(cluster, "v");
        cluster.Until(() => IsSettled(cluster, "v"), "there are as many copies as before");
        cluster.Run(500);
        bool IsSame() =>
            Members(cluster, "v")
                .Select(n => GroupOn(cluster, n, group).Machine).Select(m => (m.LastApplied, m.Digest())).Distinct().Count() == 1;
        cluster.Until(IsSame, "all copies are the same");
        Members(cluster, "v").ShouldAllBe(n => Local(GroupOn(cluster, n, group).Machine, "k7") == "v7");
    }

    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<LocalCluster, List<string>> Told = [];

    /// <summary>All that the control leaders have said.</summary>
    private static string Notices(LocalCluster cluster)
    {
        var told = Told.GetOrCreateValue(cluster);
        foreach (var node in cluster.Up)
            while (cluster[node].Alarms.TryTakeNotice(out var sentence)) told.Add(sentence!);
        return string.Join('\n', told);
    }
}
