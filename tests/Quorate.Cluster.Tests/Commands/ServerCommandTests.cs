using Quorate.Cluster.Commands;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Commands;

public sealed class ServerCommandTests
{
    private const string Disabled = "-ERR This instance has cluster support disabled";

    [Theory]
    [InlineData("TIME", "*2 $10 1700000010 $1 0")]
    [InlineData("MODULE LIST", "*0")]
    [InlineData("MODULE LOAD x", "-ERR MODULE command not allowed: this server has no modules")]
    [InlineData("ACL WHOAMI", "$7 default")]
    [InlineData("LATENCY LATEST", "*0")]
    [InlineData("LATENCY RESET", ":0")]
    [InlineData("LATENCY HISTORY x", "*0")]
    [InlineData("LATENCY HISTOGRAM", "*0")]
    [InlineData("LATENCY GRAPH x", "-ERR No samples available for event 'x'")]
    [InlineData("SLOWLOG GET", "*0")]
    [InlineData("SLOWLOG GET 10", "*0")]
    [InlineData("SLOWLOG GET x", "-ERR count should be greater than or equal to -1")]
    [InlineData("SLOWLOG GET -2", "-ERR count should be greater than or equal to -1")]
    [InlineData("SLOWLOG LEN", ":0")]
    [InlineData("SLOWLOG RESET", "+OK")]
    [InlineData("CLUSTER KEYSLOT foo", ":12182")]
    [InlineData("CLUSTER KEYSLOT a{foo}b", ":12182")]
    [InlineData("CLUSTER KEYSLOT {}foo", ":9500")]
    [InlineData("CLUSTER NODES", Disabled)]
    [InlineData("CLUSTER SLOTS", Disabled)]
    [InlineData("CLUSTER SHARDS", Disabled)]
    [InlineData("CLUSTER ADDSLOTS 1", Disabled)]
    [InlineData("CLUSTER FOO", "-ERR unknown subcommand 'FOO'. Try CLUSTER HELP.")]
    [InlineData("READONLY", "+OK")]
    [InlineData("READWRITE", "+OK")]
    [InlineData("ASKING", Disabled)]
    public void Answers(string command, string expected) => new Asker().Ask(command).ShouldBe(expected);

    [Fact]
    public void An_empty_histogram_is_a_map_in_RESP3() => new Asker(protocol: 3).Ask("LATENCY HISTOGRAM").ShouldBe("%0");

    [Fact]
    public void Help_begins_and_ends_as_Redis_does()
    {
        foreach (var container in NodeCommandTable.All
            .Where(e => e.Subcommands.Any(s => s.Spec.Name.EndsWith("|help", StringComparison.Ordinal))))
        {
            var lines = new Asker().AskRaw($"{container.Spec.Name} help").Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            lines[0].ShouldBe($"*{lines.Length - 1}");
            lines[1]
                .ShouldBe($"+{container.Spec.Name.ToUpperInvariant()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
            lines[^2..].ShouldBe(["+HELP", "+    Prints this help."]);
        }
    }

    [Fact]
    public void My_id_is_the_same_in_every_life_and_another_on_every_node()
    {
        var one = new Asker();
        var id = one.Ask("CLUSTER MYID");
        id.ShouldMatch("^\\$40 [0-9a-f]{40}$");
        one.Node.Options = one.Node.Options with { Incarnation = 4, Seed = 99 };
        one.Ask("CLUSTER MYID").ShouldBe(id);
        one.Node.Options = one.Node.Options with { Self = new NodeId(2) };
        one.Ask("CLUSTER MYID").ShouldNotBe(id);
    }

    [Fact]
    public void Cluster_info_fails_when_nobody_leads()
    {
        var client = new Asker();
        client.Ask("CLUSTER INFO")
            .ShouldContain("cluster_enabled:0 cluster_state:ok cluster_slots_assigned:16384 cluster_slots_ok:16384");
        client.Node.LedBy(0);
        client.Ask("CLUSTER INFO").ShouldContain("cluster_state:fail cluster_slots_assigned:16384 cluster_slots_ok:0");
    }

    [Fact]
    public void Status_says_a_line_for_each_node_group_and_follower()
    {
        var client = new Asker();
        var lines = client.AskRaw("QUORATE STATUS").Split("\r\n")[1].Split('\n');
        lines[0].ShouldStartWith("self n1 one version=");
        lines[0].ShouldEndWith(" uptime_s=10 durability=fsync");
        lines[1..].ShouldBe(
        [
            "node n1 one resp=10.0.0.1:6379 peer=10.0.0.1:7000",
            "node n2 two resp=10.0.0.2:6380 peer=10.0.0.2:7000",
            "node n3 three resp=[::1]:6381 peer=10.0.0.3:7000",
            "group g1 strategy=raft role=leader leader=n1 term=4 last=100 commit=98 applied=97",
            "follower g1 n2 match=98 behind=2 heard_ms=20 progress=replicate",
            "follower g1 n3 match=50 behind=50 heard_ms=60000 progress=probe",
            "",
        ]);
        client.Node.LedBy(2);
        client.AskRaw("QUORATE STATUS").ShouldContain(
            "\ngroup g1 strategy=raft role=follower leader=n2 term=4 last=100 commit=98 applied=97 leader_heard_ms=1500\n");
    }
}
