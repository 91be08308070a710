namespace Quorate.Tests;

/// <summary>Wrong input: one line on stderr that names the setting and says what is right, exit code 2.</summary>
public sealed class CommandLineTests
{
    private const string Cluster = "n1=127.0.0.1:9001,n2=127.0.0.1:9002";

    [Theory]
    [InlineData("serve", "--node is missing")]
    [InlineData("serve --node n1", "--cluster is missing")]
    [InlineData("serve --node n9 --cluster " + Cluster, "--node is 'n9'; it must be one of the names in --cluster (n1, n2)")]
    [InlineData("serve --node n1 --cluster " + Cluster, "--data is missing")]
    [InlineData("serve --node n1 --data x --cluster n1=127.0.0.1", "is not host:port")]
    [InlineData("serve --node n1 --data x --cluster n1", "is not name=host:port")]
    [InlineData("serve --node n1 --data x --cluster n1=a:1,n1=a:2", "'n1' is there twice")]
    [InlineData("serve --node n1 --data x --cluster n1=a:1,n2=a:1", "two nodes have the same address")]
    [InlineData("serve --node n1 --data x --cluster n1=a:0", "must be known to the others")]
    [InlineData("serve --node n1 --data x --resp 7001 --cluster " + Cluster, "--resp is '7001'; it must be host:port")]
    [InlineData("serve --node n1 --data x --http a:b --cluster " + Cluster, "--http is 'a:b'; it must be host:port")]
    [InlineData(
        "serve --node n1 --data x --durability never --cluster " + Cluster,
        "--durability is 'never'; it must be fsync or written or memory")]
    [InlineData(
        "serve --node n1 --data x --max-clients 0 --cluster " + Cluster,
        "--max-clients is '0'; it must be a whole number from 1")]
    [InlineData("serve --config /does/not/exist", "/does/not/exist cannot be read")]
    [InlineData("serve --bogus", "--bogus")]
    [InlineData("bogus", "bogus")]
    [InlineData("dev --nodes 0", "--nodes is '0'; it must be a whole number from 1 to 9")]
    [InlineData("dev --resp-port 65535", "--resp-port is '65535'; it must be a whole number from 0 to 65533")]
    [InlineData("dev --resp-port x", "--resp-port is 'x'; it must be a whole number")]
    [InlineData(
        "dev --ephemeral --durability fsync", "--durability is 'fsync'; it must be memory, or not given, with --ephemeral")]
    [InlineData("dev --data", "--data")]
    [InlineData("status --server 7001", "--server is '7001'; it must be a node's address for clients")]
    [InlineData("serve --node n1 --data x --zone a/b --cluster " + Cluster, "--zone is 'a/b'; it must be letters, digits")]
    [InlineData("keyspace create cache", "--strategy is missing: raft, primary, chain, multileader or leaderless")]
    [InlineData("keyspace create cache --strategy quorum", "--strategy is one of raft|primary|chain")]
    [InlineData("keyspace create cache --strategy pbft", "--strategy pbft is not built yet")]
    [InlineData("keyspace create cache --strategy primary --ack 2", "--ack is one of async|semisync|majority|sync, not '2'")]
    [InlineData("keyspace create cache --strategy primary --ack async:2", "--ack: only semisync takes a number")]
    [InlineData(
        "keyspace create cache --strategy raft --ack async", "raft acknowledges by majority; for ack async use strategy primary")]
    [InlineData("keyspace create cache --strategy primary --replicas many", "--replicas is a number, not 'many'")]
    [InlineData("keyspace create cache --strategy primary --replicas 65", "--replicas is 1 to 64, not 65")]
    [InlineData("keyspace create cache --strategy primary --min-in-sync x", "--min-in-sync is a number, not 'x'")]
    [InlineData(
        "keyspace create cache --strategy primary --ack async --min-in-sync 2", "--min-in-sync counts with ack sync only")]
    [InlineData("keyspace create cache --strategy primary --min-in-sync 4", "--min-in-sync 4 is more than replicas 3")]
    [InlineData("keyspace create cache --strategy primary --reads tail", "--reads tail needs strategy chain")]
    [InlineData("keyspace create cache --strategy raft --ship state", "raft ships the log; ship state needs strategy primary")]
    [InlineData(
        "keyspace create cache --strategy chain --durability never", "--durability is one of fsync|written|memory, not 'never'")]
    [InlineData(
        "keyspace create cache --strategy chain --spread rack", "--spread is one of provider|region|zone|none, not 'rack'")]
    [InlineData("keyspace create cache --strategy raft --when-short degrade", "--when-short degrade belongs to strategy primary")]
    [InlineData("keyspace create cache --strategy raft --db 16", "--db is '16'; it must be a whole number from 0 to 15")]
    [InlineData(
        "keyspace create cache --strategy raft --server 7001", "--server is '7001'; it must be a node's address for clients")]
    [InlineData("keyspace create", "create")]
    [InlineData("keyspace alter cache", "nothing to alter")]
    [InlineData("keyspace bogus", "bogus")]
    [InlineData("failover cache --from n1", "--from")]
    [InlineData("lost shred cache", "shred")]
    [InlineData("node drain n1 --yes", "--yes")]
    public async Task Says_in_one_line_what_is_wrong(string line, string complaint)
    {
        var (code, output, error) = await RunAsync(line.Split(' '));
        code.ShouldBe(ExitCode.Usage);
        output.ShouldBe("");
        error.ShouldStartWith("quorate: ");
        error.ShouldContain(complaint);
        error.TrimEnd('\n').ShouldNotContain("\n");
    }

    [Theory]
    [InlineData("{\"node\": \"n1\", \"bogus\": 1}", "there is no setting \"bogus\"")]
    [InlineData("{\"node\": ", "is not JSON")]
    [InlineData("[]", "must hold one JSON object")]
    [InlineData("{\"node\": null}", "\"node\" must be a string or a number")]
    [InlineData("{\"node\": \"n1\", \"data\": \"x\", \"cluster\": {\"n1\": \"a\"}}", "is not host:port")]
    [InlineData("{\"node\": \"n3\", \"cluster\": {\"n1\": \"a:1\"}}", "must be one of the names in --cluster (n1)")]
    public async Task Says_in_one_line_what_is_wrong_in_the_file(string json, string complaint)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, json);
            var (code, _, error) = await RunAsync("serve", "--config", file);
            code.ShouldBe(ExitCode.Usage);
            error.ShouldContain(complaint);
            error.TrimEnd('\n').ShouldNotContain("\n");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("status")]
    [InlineData("keyspace list")]
    [InlineData("keyspace create cache --strategy raft --yes")]
    [InlineData("failover cache")]
    [InlineData("lost list")]
    [InlineData("node list")]
    public async Task Nobody_at_the_address_is_a_failure(string line)
    {
        var (code, _, error) = await RunAsync([.. line.Split(' '), "--server", "127.0.0.1:1"]);
        code.ShouldBe(ExitCode.Failed);
        error.ShouldStartWith("quorate: no server at 127.0.0.1:1");
    }

    internal static Task<(int Code, string Output, string Error)> RunAsync(params string[] args) => CommandLine.RunAsync(args);
}
