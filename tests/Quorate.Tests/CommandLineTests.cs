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
    [InlineData("serve --node n1 --data x --durability never --cluster " + Cluster, "--durability is 'never'; it must be fsync or written or memory")]
    [InlineData("serve --node n1 --data x --max-clients 0 --cluster " + Cluster, "--max-clients is '0'; it must be a whole number from 1")]
    [InlineData("serve --config /does/not/exist", "/does/not/exist cannot be read")]
    [InlineData("serve --bogus", "--bogus")]
    [InlineData("bogus", "bogus")]
    [InlineData("dev --nodes 0", "--nodes is '0'; it must be a whole number from 1 to 9")]
    [InlineData("dev --resp-port 65535", "--resp-port is '65535'; it must be a whole number from 0 to 65533")]
    [InlineData("dev --resp-port x", "--resp-port is 'x'; it must be a whole number")]
    [InlineData("dev --ephemeral --durability fsync", "--durability is 'fsync'; it must be memory, or not given, with --ephemeral")]
    [InlineData("dev --data", "--data")]
    [InlineData("status --server 7001", "--server is '7001'; it must be a node's address for clients")]
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

    [Fact]
    public async Task Nobody_at_the_address_is_a_failure()
    {
        var (code, _, error) = await RunAsync("status", "--server", "127.0.0.1:1");
        code.ShouldBe(ExitCode.Failed);
        error.ShouldStartWith("quorate: no server at 127.0.0.1:1");
    }

    internal static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var code = await QuorateProgram.RunAsync(args, output, error, stop.Token);
        return (code, output.ToString(), error.ToString());
    }
}
