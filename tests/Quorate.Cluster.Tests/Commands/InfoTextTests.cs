using Quorate.Cluster.Commands;

namespace Quorate.Cluster.Tests.Commands;

public sealed class InfoTextTests
{
    [Fact]
    public void The_default_sections_come_in_Redis_order_and_parse()
    {
        var client = new Asker();
        var text = Info(client, "INFO");
        text.Split("\r\n").Where(l => l.StartsWith('#')).ShouldBe(
        [
            "# Server", "# Clients", "# Memory", "# Persistence", "# Stats", "# Replication", "# CPU", "# Modules",
            "# Errorstats", "# Cluster", "# Keyspace",
        ]);
        foreach (var line in text.Split("\r\n").Where(l => l.Length > 0 && l[0] != '#')) line.ShouldMatch("^[a-z0-9_A-Z]+:.*$");
        text.ShouldEndWith("# Keyspace\r\n");
    }

    [Theory]
    [InlineData("INFO replication", "# Replication")]
    [InlineData("INFO SERVER cpu", "# Server,# CPU")]
    [InlineData("INFO nosuch", "")]
    [InlineData("INFO commandstats", "# Commandstats")]
    [InlineData("INFO quorate", "# Quorate")]
    public void Sections_can_be_chosen(string command, string titles) =>
        string.Join(',', Info(new Asker(), command).Split("\r\n").Where(l => l.StartsWith('#'))).ShouldBe(titles);

    [Theory]
    [InlineData("INFO all")]
    [InlineData("INFO everything")]
    public void All_is_more_than_the_default(string command) =>
        Info(new Asker(), command).Split("\r\n").Count(l => l.StartsWith('#')).ShouldBe(16);

    [Fact]
    public void Fields_that_clients_and_exporters_read_are_there()
    {
        var client = new Asker();
        var node = client.Node;
        node.Databases = [new DatabaseStatus(0, 5, 2), new DatabaseStatus(3, 1, 0)];
        node.Process = new ProcessStatus(42, "Linux", 990_296, 1 << 20, 12_378_112, 23L << 30, 1_500_000, 2_000_001);
        node.Statistics.CommandsProcessed = 77;
        node.Statistics.KeyspaceHits = 5;
        node.Statistics.CountError("WRONGTYPE Operation"u8);
        var fields = Fields(client);
        Version.Parse(fields["redis_version"]).ShouldBeGreaterThanOrEqualTo(new Version(7, 2));
        fields["redis_mode"].ShouldBe("standalone");
        fields["run_id"].ShouldMatch("^[0-9a-f]{40}$");
        fields["tcp_port"].ShouldBe("6379");
        fields["uptime_in_seconds"].ShouldBe("10");
        fields["connected_clients"].ShouldBe("1");
        fields["used_memory"].ShouldBe("990296");
        fields["used_memory_human"].ShouldBe("967.08K");
        fields["used_memory_peak_human"].ShouldBe("1.00M");
        fields["mem_fragmentation_ratio"].ShouldBe("12.49");
        fields["used_cpu_user"].ShouldBe("1.500000");
        fields["used_cpu_sys"].ShouldBe("2.000001");
        fields["loading"].ShouldBe("0");
        fields["aof_enabled"].ShouldBe("1");
        fields["total_commands_processed"].ShouldBe("77");
        fields["keyspace_hits"].ShouldBe("5");
        fields["errorstat_WRONGTYPE"].ShouldBe("count=1");
        fields["cluster_enabled"].ShouldBe("0");
        fields["db0"].ShouldBe("keys=5,expires=2,avg_ttl=0");
        fields["db3"].ShouldBe("keys=1,expires=0,avg_ttl=0");
    }

    [Fact]
    public void The_leader_reports_itself_as_master_with_the_followers_that_answer()
    {
        var fields = Fields(new Asker());
        fields["role"].ShouldBe("master");
        fields["connected_slaves"].ShouldBe("1");
        fields["slave0"].ShouldBe("ip=10.0.0.2,port=6380,state=online,offset=98,lag=0");
        fields.ShouldNotContainKey("slave1");
        fields.ShouldNotContainKey("master_host");
        fields["master_repl_offset"].ShouldBe("100");
        fields["master_replid"].ShouldMatch("^[0-9a-f]{40}$");
    }

    [Fact]
    public void Others_report_the_leader_as_their_master()
    {
        var client = new Asker();
        var history = Fields(client)["master_replid"];
        client.Node.LedBy(2);
        var fields = Fields(client);
        fields["role"].ShouldBe("slave");
        fields["master_host"].ShouldBe("10.0.0.2");
        fields["master_port"].ShouldBe("6380");
        fields["master_link_status"].ShouldBe("up");
        fields["master_last_io_seconds_ago"].ShouldBe("1");
        fields["slave_read_only"].ShouldBe("0");
        fields["master_replid"].ShouldBe(history);
        client.Node.LedBy(0);
        fields = Fields(client);
        fields["role"].ShouldBe("slave");
        fields["master_link_status"].ShouldBe("down");
    }

    [Fact]
    public void Operations_per_second_are_those_of_the_last_samples()
    {
        var statistics = new NodeStatistics();
        for (var i = 1; i <= 200; i++)
        {
            statistics.CommandsProcessed += 30;
            statistics.OnTick(Asker.At(i * 10));
        }

        statistics.CommandsPerSecond.ShouldBe(3000);
        for (var i = 201; i <= 400; i++) statistics.OnTick(Asker.At(i * 10));
        statistics.CommandsPerSecond.ShouldBe(0);
    }

    [Fact]
    public void A_node_whose_journal_failed_says_so()
    {
        var client = new Asker();
        Fields(client)["aof_last_write_status"].ShouldBe("ok");
        client.Node.Refusal = "MISCONF disk full";
        Fields(client)["aof_last_write_status"].ShouldBe("err");
        client.Ask("QUORATE STATUS").ShouldContain("\nrefuses MISCONF disk full\n");
    }

    [Fact]
    public void Info_is_verbatim_text_in_RESP3() =>
        new Asker(protocol: 3).Ask("INFO server").ShouldMatch("^=[0-9]+ txt:# Server redis_version:");

    private static string Info(Asker client, string command)
    {
        var reply = client.AskRaw(command);
        var start = reply.IndexOf("\r\n", StringComparison.Ordinal) + 2;
        return reply[start..^2];
    }

    private static Dictionary<string, string> Fields(Asker client) => Info(client, "INFO everything").Split("\r\n")
        .Where(l => l.Contains(':')).ToDictionary(l => l[..l.IndexOf(':')], l => l[(l.IndexOf(':') + 1)..]);
}
