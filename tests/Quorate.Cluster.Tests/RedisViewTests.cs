using Quorate.Cluster.Commands;

namespace Quorate.Cluster.Tests;

/// <summary>Replication as Redis's own commands show and change it, for keyspaces of every strategy.</summary>
public sealed class RedisViewTests
{
    public static TheoryData<string> EveryStrategy =>
        ["STRATEGY raft", "STRATEGY primary ACK sync", "STRATEGY primary ACK async SHIP state", "STRATEGY chain"];

    [Theory]
    [MemberData(nameof(EveryStrategy))]
    public void The_leader_is_master_of_its_replicas_and_says_how_far_they_are(string policy)
    {
        var cluster = KeyspaceCluster.With($"ks {policy} REPLICAS 3");
        cluster.Until(() => LeaderOf(cluster) > 0, "somebody leads");
        var leader = LeaderOf(cluster);
        var session = cluster.Connect(leader);
        cluster.Await(session, "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        cluster.Run(300);
        var others = KeyspaceCluster.Members(cluster, "ks").Where(n => n != leader).ToList();
        var role = cluster.Await(session, "ROLE");
        role.ShouldStartWith("*3 $6 master :");
        foreach (var other in others) role.ShouldContain($"$1 r $1 {other} ");
        var report = cluster.Await(session, "INFO replication");
        report.ShouldContain("role:master connected_slaves:2 slave0:ip=r,port=");
        var offset = role.Split(' ')[3][1..];
        report.ShouldContain($"state=online,offset={offset},lag=0");
        report.ShouldContain("master_failover_state:no-failover");
        cluster.Await(session, "WAIT 2 0; WAITAOF 1 2 0").ShouldBe(":2 *2 :1 :2");

        var slave = cluster.Connect(others[0]);
        cluster.Await(slave, "SELECT ks; ROLE").ShouldStartWith($"+OK *5 $5 slave $1 r :{leader} $9 connected");
        cluster.Await(slave, "WAIT 1 0").ShouldStartWith("-ERR WAIT cannot be used with replica instances");

        // Nobody is counted that does not have it.
        cluster.Isolate(others[0]);
        cluster.Send(session, "SET a 2");
        cluster.Run(100);
        if (session.PendingCount > 0) return; // this policy does not acknowledge without it
        LocalCluster.Take(session).ShouldBe("+OK");
        cluster.Await(session, "WAIT 2 100").ShouldBe(":1");
    }

    [Fact]
    public void Nothing_is_said_to_be_on_stable_storage_that_the_keyspace_keeps_in_memory()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 DURABILITY memory");
        var session = cluster.Connect(LeaderOf(cluster));
        cluster.Await(session, "SELECT ks; SET a 1; WAIT 2 1000; WAITAOF 0 0 0").ShouldBe("+OK +OK :2 *2 :0 :0");
        cluster.Await(session, "WAITAOF 1 0 0").ShouldContain("appendonly is disabled");
    }

    [Theory]
    [MemberData(nameof(EveryStrategy))]
    public void A_failover_moves_the_lead_and_subscribers_on_every_member_hear_of_it(string policy)
    {
        var cluster = KeyspaceCluster.With($"ks {policy} REPLICAS 3");
        cluster.Until(() => LeaderOf(cluster) > 0, "somebody leads");
        var old = LeaderOf(cluster);
        var members = KeyspaceCluster.Members(cluster, "ks");
        var subscribers = members.Select(n => cluster.Connect(n)).ToList();
        foreach (var subscriber in subscribers)
            cluster.Await(subscriber, "SUBSCRIBE +switch-master __Booksleeve_MasterChanged").ShouldContain("subscribe");
        cluster.Run(100);
        var session = cluster.Connect(old);
        cluster.Await(session, "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        cluster.Run(300);
        var heir = members.Last(n => n != old);
        cluster.Await(session, $"FAILOVER TO r {heir} TIMEOUT 5000").ShouldBe("+OK");
        cluster.Until(() => LeaderOf(cluster) == heir, $"n{heir} leads");
        cluster.Run(500);
        foreach (var subscriber in subscribers)
        {
            var heard = LocalCluster.Take(subscriber);
            heard.ShouldContain($"ks r {old} r {heir}");
            heard.ShouldContain($"$26 __Booksleeve_MasterChanged $3 r:{heir}");
        }

        foreach (var node in members)
        {
            var told = new List<string>();
            while (cluster[node].Alarms.TryTakeNotice(out var notice)) told.Add(notice!);
            told.ShouldContain($"n{heir} leads ks in place of n{old}");
        }

        cluster.Await(session, "GET a; SET a 2; GET a").ShouldBe("$1 1 +OK $1 2", "the old leader's clients go on");
        cluster.Await(session, $"FAILOVER TO r {heir}").ShouldContain("leads");
        cluster.Await(session, "FAILOVER ABORT").ShouldContain("No failover in progress");
        cluster.Await(session, "FAILOVER TO r 99").ShouldContain("is not a replica");
        cluster.Await(session, "FAILOVER TO r 1 FORCE").ShouldContain("requires both a timeout");
        cluster.Await(session, "FAILOVER TIMEOUT 0").ShouldContain("must be greater than 0");
    }

    [Fact]
    public void Clients_of_an_old_leader_are_disconnected_only_where_that_is_asked_for()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3");
        var old = LeaderOf(cluster);
        var (client, elsewhere, listener) = (cluster.Connect(old), cluster.Connect(old), cluster.Connect(old));
        cluster.Await(client, "CONFIG GET close-clients-on-demotion; CONFIG SET close-clients-on-demotion yes; SELECT ks")
            .ShouldEndWith("no +OK +OK");
        cluster.Await(listener, "SUBSCRIBE +switch-master");
        cluster.Run(100);
        cluster.Await(cluster.Connect(old), "KEYSPACE FAILOVER ks").ShouldBe("+OK");
        cluster.Until(() => LeaderOf(cluster) is > 0 and var now && now != old, "another leads");
        cluster.Run(300);
        client.WantsClose.ShouldBeTrue();
        elsewhere.WantsClose.ShouldBeFalse("it uses another keyspace");
        listener.WantsClose.ShouldBeFalse("it is to hear the news");
    }

    [Fact]
    public void Paused_clients_wait_and_go_on_in_order_and_nobody_waits_for_ever()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3");
        var (admin, client) = (cluster.Connect(1), cluster.Connect(1));
        cluster.Await(client, "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        cluster.Await(admin, "CLIENT PAUSE 20000 WRITE").ShouldBe("+OK");
        cluster.Await(client, "GET a").ShouldBe("$1 1", "reads go on");
        cluster.Send(client, "SET a 2; GET a; INCR a");
        cluster.Run(8000);
        LocalCluster.Take(client).ShouldBe("", "not even after the time that commands are given otherwise");
        cluster.Await(cluster.Connect(2), "SELECT ks; SET b 1").ShouldBe("+OK +OK", "other nodes' clients go on");
        cluster.Await(admin, "CLIENT UNPAUSE").ShouldBe("+OK");
        cluster.Until(() => client.PendingCount == 0, "all is answered");
        LocalCluster.Take(client).ShouldBe("+OK $1 2 :3");

        cluster.Await(admin, "CLIENT PAUSE 500").ShouldBe("+OK");
        cluster.Send(client, "GET a; SET a 9; PING");
        cluster.Run(300);
        LocalCluster.Take(client).ShouldBe("");
        cluster.Run(600);
        LocalCluster.Take(client).ShouldBe("$1 3 +OK +PONG", "by itself, when the time is over");
        cluster.Await(admin, "CLIENT PAUSE 700000").ShouldContain("at most 600000");
        cluster.Await(admin, "CLIENT PAUSE 1 SOME").ShouldContain("WRITE or ALL");
    }

    [Fact]
    public void Sentinel_clients_find_the_leader_and_other_libraries_get_their_list()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3");
        var leader = LeaderOf(cluster);
        foreach (var node in cluster.Ids)
            cluster.Await(cluster.Connect(node), "SENTINEL GET-MASTER-ADDR-BY-NAME ks").ShouldBe($"*2 $1 r $1 {leader}");
        var session = cluster.Connect(1);
        cluster.Await(session, "SENTINEL get-master-addr-by-name nosuch").ShouldBe("*-1");
        cluster.Await(session, "SENTINEL MASTERS").ShouldStartWith("-ERR this is not a Sentinel");
        cluster.Await(session, "CLIENT SETINFO lib-name SE.Redis; SENTINEL MASTERS").ShouldContain("-ERR this is not a Sentinel");
        cluster.Await(session, "CLIENT SETINFO lib-name redis-py; SENTINEL MASTERS")
            .ShouldContain($"$4 name $2 ks $2 ip $1 r $4 port $1 {leader}");
        cluster.Await(session, "SENTINEL REPLICAS ks").ShouldStartWith("*2 *12 ");
        cluster.Await(session, "SENTINEL SENTINELS ks").ShouldStartWith("*4 ");
        cluster.Await(session, "SENTINEL REPLICAS nosuch").ShouldBe("-ERR No such master with that name");
        cluster.Await(session, "SENTINEL RESET *").ShouldStartWith("-ERR unknown subcommand");
    }

    [Fact]
    public void What_was_lost_is_told_in_words_that_can_be_repeated_and_forgotten_one_by_one()
    {
        var cluster = KeyspaceCluster.With("ks STRATEGY primary REPLICAS 3 ACK async");
        var old = LeaderOf(cluster);
        var session = cluster.Connect(old);
        cluster.Await(session, "SELECT ks; SET a 1").ShouldBe("+OK +OK");
        cluster.Run(200);
        cluster.Isolate(old);
        cluster.Ask(session, "SET b 2; INCR c").ShouldBe("+OK :1");
        cluster.Until(() => LeaderOf(cluster) is > 0 and var now && now != old, "another leads");
        cluster.Cut.Clear();
        cluster.Run(1000);
        var raw = cluster.Await(cluster.Connect(old), "KEYSPACE LOST ks RAW");
        raw.ShouldStartWith("*2 *3 :1 :");
        raw.ShouldContain("*3 $3 SET $1 b $1 2");
        var index = raw.Split(' ')[3][1..];
        cluster.Await(cluster.Connect(old), $"KEYSPACE LOST ks FORGET 1 {index}; KEYSPACE LOST ks FORGET 1 {index}")
            .ShouldBe(":1 :0");
        cluster.Kill(old);
        cluster.Restart(old);
        cluster.Run(1000);
        cluster.Await(cluster.Connect(old), "KEYSPACE LOST ks").ShouldStartWith("*1 ");
    }

    private static int LeaderOf(LocalCluster cluster) =>
        KeyspaceCluster.LeaderOf(cluster, "ks") is > 0 and var named ? named
        : cluster.Up.FirstOrDefault(n => cluster[n].Find(KeyspaceCluster.GroupOf(cluster, "ks")) is { Replica.IsLeader: true });
}
