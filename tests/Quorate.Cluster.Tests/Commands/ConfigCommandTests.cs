using Quorate.Cluster.Commands;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Commands;

public sealed class ConfigCommandTests
{
    private const string Immutable = "can't set immutable config";

    [Theory]
    [InlineData("CONFIG GET save", "*2 $4 save $0 ")]
    [InlineData("CONFIG GET appendonly", "*2 $10 appendonly $3 yes")]
    [InlineData("CONFIG GET nosuch", "*0")]
    [InlineData("CONFIG GET", "-ERR wrong number of arguments for 'config|get' command")]
    [InlineData("CONFIG GET Port bind", "*4 $4 bind $8 10.0.0.1 $4 port $4 6379")]
    [InlineData("CONFIG GET appendfsy?c append*", "*4 $11 appendfsync $6 always $10 appendonly $3 yes")]
    [InlineData("CONFIG GET *-read-only", "*4 $17 replica-read-only $2 no $15 slave-read-only $2 no")]
    [InlineData("CONFIG GET [dt]*base[r-t]", "*2 $9 databases $2 16")]
    [InlineData("CONFIG SET nosuch 1", "-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'")]
    [InlineData("CONFIG SET maxmemory", "-ERR wrong number of arguments for 'config|set' command")]
    [InlineData("CONFIG SET maxmemory 1 port", "-ERR syntax error")]
    [InlineData(
        "CONFIG SET port x",
        "-ERR CONFIG SET failed (possibly related to argument 'port') - argument couldn't be parsed into an integer")]
    [InlineData("CONFIG SET databases 3", "-ERR CONFIG SET failed (possibly related to argument 'databases') - " + Immutable)]
    [InlineData(
        "CONFIG SET maxmemory x",
        "-ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value")]
    [InlineData(
        "CONFIG SET appendonly maybe",
        "-ERR CONFIG SET failed (possibly related to argument 'appendonly') - argument must be 'yes' or 'no'")]
    [InlineData(
        "CONFIG SET timeout -1",
        "-ERR CONFIG SET failed (possibly related to argument 'timeout') - argument must be between 0 and 2147483647 inclusive")]
    [InlineData("CONFIG SET save x", "-ERR CONFIG SET failed (possibly related to argument 'save') - " + Immutable)]
    [InlineData("CONFIG SET save \"\"", "+OK")]
    [InlineData("CONFIG SET APPENDONLY YES", "+OK")]
    [InlineData("CONFIG SET maxmemory 0gb", "+OK")]
    [InlineData("CONFIG REWRITE", "-ERR The server is running without a config file")]
    [InlineData("CONFIG RESETSTAT", "+OK")]
    [InlineData("CONFIG foo", "-ERR unknown subcommand 'foo'. Try CONFIG HELP.")]
    public void Answers_as_Redis_does(string command, string expected) =>
        new Asker().Ask(command).ShouldBe(expected.TrimEnd(' '));

    [Fact]
    public void All_parameters_are_a_map_in_RESP3() =>
        new Asker(protocol: 3).Ask("CONFIG GET *").ShouldStartWith($"%{ConfigTable.All.Count} $15 activerehashing");

    [Fact]
    public void Durability_shows_in_the_words_of_the_append_only_file()
    {
        var client = new Asker();
        client.Node.Options = client.Node.Options with { Durability = Durability.Written };
        client.Ask("CONFIG GET append*").ShouldBe("*4 $11 appendfsync $2 no $10 appendonly $3 yes");
        client.Node.Options = client.Node.Options with { Durability = Durability.Memory };
        client.Ask("CONFIG GET appendonly").ShouldBe("*2 $10 appendonly $2 no");
    }

    [Fact]
    public void What_the_node_can_change_is_changed_and_shown()
    {
        var client = new Asker();
        client.Node.Config["maxmemory"] = "0";
        client.Ask("CONFIG SET maxmemory 2mb; CONFIG GET maxmemory").ShouldBe("+OK *2 $9 maxmemory $7 2097152");
    }

    [Fact]
    public void What_the_node_cannot_change_is_not_said_to_be_changed() => new Asker().Ask("CONFIG SET timeout 5")
        .ShouldBe("-ERR CONFIG SET failed (possibly related to argument 'timeout') - " + Immutable);

    [Theory]
    [InlineData("CONFIG SET timeout 5 port 1", "port")]
    [InlineData("CONFIG SET timeout 5 tcp-keepalive 7", "tcp-keepalive")]
    public void All_are_set_or_none(string command, string culprit)
    {
        var client = new Asker();
        client.Node.Config["timeout"] = "0";
        client.Ask(command).ShouldBe($"-ERR CONFIG SET failed (possibly related to argument '{culprit}') - {Immutable}");
        client.Node.Config["timeout"].ShouldBe("0");
    }

    [Fact]
    public void One_parameter_cannot_be_set_twice()
    {
        var client = new Asker();
        client.Node.Config["timeout"] = "0";
        client.Ask("CONFIG SET timeout 1 TIMEOUT 2")
            .ShouldBe("-ERR CONFIG SET failed (possibly related to argument 'timeout') - duplicate parameter");
    }

    [Fact]
    public void Resetstat_sets_the_counters_to_zero()
    {
        var client = new Asker();
        client.Node.Statistics.CommandsProcessed = 9;
        client.Node.Statistics.CountError("ERR x"u8);
        client.Ask("CONFIG RESETSTAT");
        client.Node.Statistics.CommandsProcessed.ShouldBe(0);
        client.Node.Statistics.ErrorReplies.ShouldBe(0);
        client.Node.Statistics.Errors.ShouldBeEmpty();
    }
}
