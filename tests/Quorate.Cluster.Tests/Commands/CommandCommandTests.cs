using Quorate.Cluster.Commands;
using Quorate.Data.Commands;

namespace Quorate.Cluster.Tests.Commands;

public sealed class CommandCommandTests
{
    [Theory]
    [InlineData("COMMAND FOO", "-ERR unknown subcommand 'FOO'. Try COMMAND HELP.")]
    [InlineData("COMMAND COUNT x", "-ERR wrong number of arguments for 'command|count' command")]
    [InlineData("COMMAND INFO nosuch", "*1 *-1")]
    [InlineData("COMMAND DOCS nosuch", "*0")]
    [InlineData("COMMAND INFO get", "*1 *10 $3 get :2 *2 +readonly +fast :1 :1 :1 *3 +@read +@fast +@string *0 *1 *6 "
        + "$5 flags *2 +RO +access $12 begin_search *4 $4 type $5 index $4 spec *2 $5 index :1 "
        + "$9 find_keys *4 $4 type $5 range $4 spec *6 $7 lastkey :0 $7 keystep :1 $5 limit :0 *0")]
    [InlineData(
        "COMMAND INFO CLIENT|ID", "*1 *10 $9 client|id :2 *3 +noscript +loading +stale :0 :0 :0 *2 +@slow +@connection *0 *0 *0")]
    [InlineData("COMMAND GETKEYS get a", "*1 $1 a")]
    [InlineData("COMMAND GETKEYS mset a 1 b 2", "*2 $1 a $1 b")]
    [InlineData("COMMAND GETKEYS get", "-ERR Invalid number of arguments specified for command")]
    [InlineData("COMMAND GETKEYS ping a", "-ERR The command has no key arguments")]
    [InlineData("COMMAND GETKEYS client id", "-ERR The command has no key arguments")]
    [InlineData("COMMAND GETKEYS nosuch a", "-ERR Invalid command specified")]
    [InlineData("COMMAND GETKEYSANDFLAGS get a", "*1 *2 $1 a *2 +RO +access")]
    [InlineData("COMMAND LIST FILTERBY PATTERN get", "*1 $3 get")]
    [InlineData("COMMAND LIST FILTERBY PATTERN CONFIG|[gr]*", "*3 $10 config|get $16 config|resetstat $14 config|rewrite")]
    [InlineData("COMMAND LIST FILTERBY foo x", "-ERR syntax error")]
    [InlineData("COMMAND LIST FILTERBY ACLCAT nosuch", "*0")]
    [InlineData("COMMAND LIST FILTERBY MODULE x", "*0")]
    [InlineData("COMMAND LIST foo", "-ERR syntax error")]
    public void Answers_as_Redis_does(string command, string expected)
    {
        var answer = new Asker().Ask(command);
        answer.ShouldBe(expected);
    }

    [Fact]
    public void In_RESP3_shapes_use_sets_and_maps() => new Asker(protocol: 3).Ask("COMMAND INFO mset nosuch").ShouldBe(
        "*2 *10 $4 mset :-3 ~2 +write +denyoom :1 :-1 :2 ~3 +@write +@slow +@string ~0 ~1 %3 $5 flags ~3 +RW +access +update "
        + "$12 begin_search %2 $4 type $5 index $4 spec %1 $5 index :1 "
        + "$9 find_keys %2 $4 type $5 range $4 spec %3 $7 lastkey :-1 $7 keystep :2 $5 limit :0 ~0 _");

    [Fact]
    public void Documentation_is_a_map_with_the_fields_that_redis_cli_reads()
    {
        new Asker().Ask("COMMAND DOCS ping").ShouldStartWith("*2 $4 ping *8 $7 summary $");
        new Asker(protocol: 3).Ask("COMMAND DOCS ping nosuch echo").ShouldMatch(
            "^%2 \\$4 ping %4 \\$7 summary .* \\$5 since \\$5 1.0.0 \\$5 group \\$10 connection \\$10 complexity \\$4 O\\(1\\) "
            + "\\$4 echo %4 ");
        new Asker(protocol: 3)
            .Ask("COMMAND DOCS config")
            .ShouldMatch("complexity \\$\\d+ Depends on subcommand\\. \\$11 subcommands %5 \\$10 config\\|get %4 ");
    }

    [Fact]
    public void Count_list_and_the_bare_command_agree()
    {
        var count = CommandCatalog.All.Count;
        var client = new Asker();
        client.Ask("COMMAND COUNT").ShouldBe($":{count}");
        client.Ask("COMMAND LIST").ShouldStartWith($"*{count} $");
        client.Ask("COMMAND").ShouldStartWith($"*{count} *10 $");
        client.Ask("COMMAND INFO").ShouldBe(client.Ask("COMMAND"));
    }

    [Fact]
    public void No_command_is_there_twice()
    {
        var names = CommandCatalog.AllWithSubcommands.Select(s => s.Name).ToArray();
        names.ShouldBeUnique();
        names.ShouldAllBe(n => !n.Any(char.IsAsciiLetterUpper));
    }

    [Fact]
    public void Names_are_found_in_any_case_and_nothing_else_is()
    {
        NodeCommandTable.Find("PiNg"u8).ShouldNotBeNull();
        NodeCommandTable.Find("get"u8).ShouldBeNull();
        NodeCommandTable.Find(""u8).ShouldBeNull();
        NodeCommandTable.Find(new byte[1000]).ShouldBeNull();
    }

    [Fact]
    public void Arity_keys_and_flags_are_those_of_Redis()
    {
        var compared = 0;
        foreach (var line in RedisShapes.Text.Split('\n'))
        {
            var name = line[..line.IndexOf(' ')];
            if (NodeEntry(name) is not { } spec) continue;
            $"{spec.Name} {spec.Arity} {spec.FirstKey},{spec.LastKey},{spec.KeyStep} {string.Join(',', spec.FlagNames())}"
                .TrimEnd().ShouldBe(line.TrimEnd());
            compared++;
        }

        compared.ShouldBeGreaterThan(110);
    }

    [Fact]
    public void Every_entry_is_routed_to_the_node_and_documented()
    {
        foreach (var spec in NodeCommandTable.All.SelectMany(e => e.Subcommands.Prepend(e)).Select(e => e.Spec))
        {
            spec.Route.ShouldBe(CommandRoute.Node, spec.Name);
            spec.Handler.ShouldBeNull(spec.Name);
            spec.Summary.ShouldNotBeEmpty(spec.Name);
            spec.Group.ShouldNotBeEmpty(spec.Name);
            spec.Since.ShouldMatch("^[0-9]+\\.[0-9]+\\.[0-9]+$", spec.Name);
        }
    }

    private static CommandSpec? NodeEntry(string name) => NodeCommandTable.All
        .SelectMany(e => e.Subcommands.Prepend(e)).Select(e => e.Spec).FirstOrDefault(s => s.Name == name);
}
