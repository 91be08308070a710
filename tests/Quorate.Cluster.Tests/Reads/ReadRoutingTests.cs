using System.Globalization;
using Quorate.Cluster.Groups;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Tests.Reads;

/// <summary>Whole nodes: which replica answers the reads that come to a node without one.</summary>
public sealed class ReadRoutingTests
{
    private static long[] AnsweredBy(LocalCluster cluster, IEnumerable<int> nodes) =>
        [.. nodes.Select(n => cluster[n].Statistics.Reads.AnsweredForPeers)];

    [Fact]
    public void Reads_of_a_chain_spread_over_its_replicas_and_stay_local_where_there_is_one()
    {
        var cluster = KeyspaceCluster.With("catalog STRATEGY chain REPLICAS 3 READS craq");
        var members = KeyspaceCluster.Members(cluster, "catalog");
        var outsider = KeyspaceCluster.Outsiders(cluster, "catalog")[0];
        cluster.Await(cluster.Connect(outsider), "SELECT catalog; SET k 1").ShouldBe("+OK +OK");
        var clients = Enumerable.Range(0, 30).Select(_ => cluster.Connect(outsider)).ToList();
        foreach (var client in clients) cluster.Await(client, "SELECT catalog").ShouldBe("+OK");
        for (var round = 0; round < 10; round++)
        {
            foreach (var client in clients) cluster.Send(client, "GET k");
            cluster.Settle();
            foreach (var client in clients) LocalCluster.Take(client).ShouldBe("$1 1");
        }

        AnsweredBy(cluster, members).ShouldBe([100, 100, 100]);
        cluster[outsider].Statistics.Reads.Elsewhere.ShouldBe(300);
        foreach (var member in members)
        {
            var before = cluster[member].Statistics.Reads.Here;
            cluster.Await(cluster.Connect(member), "SELECT catalog; GET k").ShouldBe("+OK $1 1");
            cluster[member].Statistics.Reads.Here.ShouldBe(before + 1);
        }

        AnsweredBy(cluster, members).ShouldBe([100, 100, 100]);
    }

    [Fact]
    public void A_run_of_reads_of_large_values_is_answered_piece_by_piece()
    {
        var cluster = KeyspaceCluster.With("catalog STRATEGY chain REPLICAS 3 READS craq");
        var outsider = KeyspaceCluster.Outsiders(cluster, "catalog")[0];
        var client = cluster.Connect(outsider);
        var value = new string('x', 400_000);
        cluster.Await(client, $"SELECT catalog; SET k {value}").ShouldBe("+OK +OK");
        cluster.Run(100);
        cluster.LongestFrame = 0;
        for (var i = 0; i < 20; i++) cluster.Send(client, i % 2 == 0 ? "GET k" : "STRLEN k");
        var replies = "";
        for (var i = 0; i < 200 && !replies.EndsWith(":400000", StringComparison.Ordinal); i++)
        {
            cluster.Tick();
            replies += LocalCluster.Take(client) + " ";
            replies = replies.TrimEnd();
        }

        replies.Split(":400000").Length.ShouldBe(11);
        replies.Length.ShouldBeGreaterThan(10 * value.Length);
        cluster.LongestFrame.ShouldBeInRange(1 << 20, (1 << 20) + value.Length + 1000); // the bound, and what crossed it
        cluster[outsider].Statistics.Reads.Elsewhere.ShouldBe(20);
    }

    [Fact]
    public void A_replica_that_is_stopped_gets_no_reads_within_a_second_and_gets_them_back()
    {
        var cluster = KeyspaceCluster.With("catalog STRATEGY chain REPLICAS 3 READS eventual");
        var members = KeyspaceCluster.Members(cluster, "catalog");
        var outsider = KeyspaceCluster.Outsiders(cluster, "catalog")[0];
        var client = cluster.Connect(outsider);
        cluster.Await(client, "SELECT catalog; SET k 1").ShouldBe("+OK +OK");

        long[] ReadFor(int milliseconds)
        {
            var before = Sent();
            for (var i = 0; i < milliseconds; i += 10)
            {
                cluster.Await(client, "GET k").ShouldBe("$1 1");
                cluster.Tick();
            }

            return [.. Sent().Zip(before, (now, then) => now - then)];
        }

        long[] Sent() => [.. members.Select(m => cluster[outsider].Turns.Peers.Of(new(m)).Sent)];

        ReadFor(1000).ShouldAllBe(n => n > 25);
        var stopped = members[2];
        cluster.Pause(stopped);
        ReadFor(500);
        cluster[outsider].Turns.Peers.IsEjected(new(stopped)).ShouldBeTrue();
        ReadFor(1000)[2].ShouldBe(0);
        cluster.Resume(stopped);
        ReadFor(500);
        cluster.Run(3000); // the chain takes it in again
        ReadFor(1000).ShouldAllBe(n => n > 25);
    }

    [Theory]
    [InlineData("STRATEGY chain REPLICAS 3 READS eventual")]
    [InlineData("STRATEGY primary REPLICAS 3 ACK sync READS eventual")]
    public void A_replica_that_was_let_go_reads_nothing_even_while_it_keeps_its_state(string policy)
    {
        var cluster = KeyspaceCluster.With($"catalog {policy}");
        var group = KeyspaceCluster.GroupOf(cluster, "catalog");
        var leaving = KeyspaceCluster.Members(cluster, "catalog")[^1];
        var writer = cluster.Connect(KeyspaceCluster.LeaderOf(cluster, "catalog"));
        var reader = cluster.Connect(leaving);
        cluster.Await(writer, "SELECT catalog; SET k 0").ShouldBe("+OK +OK");
        cluster.Run(100);
        cluster.Await(reader, "SELECT catalog; GET k").ShouldBe("+OK $1 0");
        cluster.Await(cluster.Connect(leaving), $"NODE DRAIN n{leaving}").ShouldBe("+OK");
        var judged = 0;
        for (var i = 1; i < 300; i++)
        {
            cluster.Tick();
            if (cluster[leaving].Find(group) is not OrderedGroup { Gate.IsOutside: true }) continue;
            judged++;
            cluster.Await(writer, $"SET k {i}").ShouldBe("+OK");
            cluster.Run(100); // the others apply it
            cluster.Await(reader, "GET k").ShouldBe($"${i.ToString(CultureInfo.InvariantCulture).Length} {i}");
        }

        judged.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void The_nearest_replica_answers_what_need_not_be_the_newest()
    {
        var cluster = new LocalCluster(
            5, control: new(),
            adjust: o => o with { Labels = new NodeLabels("p", o.Self.Value <= 3 ? "r1" : "r2", $"z{(o.Self.Value + 1) / 2}") });
        cluster.ElectSomebody();
        cluster.Until(() => cluster.Ids.All(n => cluster[n].View.Map!.Nodes.Count == 5), "all know the map");
        cluster.Until(
            () => cluster.Ids.All(n => cluster[n].View.Map!.Nodes.All(e => e.Labels.Zone is not null)),
            "all have told where they are");
        cluster.Await(cluster.Connect(1), "KEYSPACE CREATE ks STRATEGY primary REPLICAS 4 ACK sync READS eventual")
            .ShouldBe("+OK");
        cluster.Run(1000);
        var outsider = KeyspaceCluster.Outsiders(cluster, "ks")[0];
        var members = KeyspaceCluster.Members(cluster, "ks");
        string ZoneOf(int node) => $"{(node <= 3 ? "r1" : "r2")}/z{(node + 1) / 2}";
        string RegionOf(int node) => node <= 3 ? "r1" : "r2";
        var near = members.Where(m => ZoneOf(m) == ZoneOf(outsider)).ToList();
        if (near.Count == 0) near = [.. members.Where(m => RegionOf(m) == RegionOf(outsider))];
        near.ShouldNotBeEmpty();
        for (var i = 0; i < 20; i++) cluster.Await(cluster.Connect(outsider), "SELECT ks; GET k").ShouldBe("+OK $-1");
        AnsweredBy(cluster, near).Sum().ShouldBe(20);
    }

    [Fact]
    public void A_pipeline_of_reads_and_writes_through_a_node_without_replica_keeps_its_order()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY chain REPLICAS 3 READS craq");
        var client = cluster.Connect(KeyspaceCluster.Outsiders(cluster, "ks")[0]);
        cluster.Await(
            client,
            "SELECT ks; INCR n; GET n; GET n; INCR n; INCR n; GET n; READS eventual GET none; READS session GET n; INCR n; "
                + "PING; GET n; MGET n n")
            .ShouldBe("+OK :1 $1 1 $1 1 :2 :3 $1 3 $-1 $1 3 :4 +PONG $1 4 *2 $1 4 $1 4");
    }

    [Fact]
    public void A_read_that_is_on_its_way_when_its_replica_dies_is_answered_by_another()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 ACK sync READS eventual");
        var outsider = KeyspaceCluster.Outsiders(cluster, "ks")[0];
        cluster.Await(cluster.Connect(outsider), "SELECT ks; SET k 1").ShouldBe("+OK +OK");
        cluster.Run(300);
        // their answers are lost
        foreach (var member in KeyspaceCluster.Members(cluster, "ks").Take(2)) cluster.Cut.Add((member, outsider));
        var clients = Enumerable.Range(0, 9).Select(_ => cluster.Connect(outsider)).ToList();
        foreach (var client in clients) cluster.Send(client, "SELECT ks; GET k");
        cluster.Settle();
        cluster.Until(() => clients.All(c => c.PendingCount == 0), "all are answered");
        foreach (var client in clients) LocalCluster.Take(client).ShouldBe("+OK $1 1");
    }
}
