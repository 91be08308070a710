namespace Quorate.Cluster.Tests.Commands;

public sealed class ClientCommandTests
{
    private const string Syntax = "-ERR syntax error";

    [Theory]
    [InlineData("CLIENT ID", ":1")]
    [InlineData("CLIENT GETNAME", "$-1")]
    [InlineData("CLIENT SETNAME me; client getname", "+OK $2 me")]
    [InlineData("CLIENT SETNAME a~b", "-ERR Client names cannot contain spaces, newlines or special characters.")]
    [InlineData("CLIENT SETNAME a; CLIENT SETNAME \"\"; CLIENT GETNAME", "+OK +OK $-1")]
    [InlineData("CLIENT SETINFO lib-foo x", "-ERR Unrecognized option 'lib-foo'")]
    [InlineData("CLIENT SETINFO LIB-VER a~b", "-ERR lib-ver cannot contain spaces, newlines or special characters.")]
    [InlineData("CLIENT NO-EVICT ON", "+OK")]
    [InlineData("CLIENT NO-EVICT x", Syntax)]
    [InlineData("CLIENT NO-TOUCH OFF", "+OK")]
    [InlineData("CLIENT TRACKING ON", "-ERR CLIENT TRACKING is not built yet: no invalidation messages are sent")]
    [InlineData(
        "CLIENT TRACKING ON REDIRECT 5 BCAST", "-ERR CLIENT TRACKING is not built yet: no invalidation messages are sent")]
    [InlineData("CLIENT TRACKING OFF", "+OK")]
    [InlineData("CLIENT TRACKING x", Syntax)]
    [InlineData("CLIENT TRACKINGINFO", "*6 $5 flags *1 $3 off $8 redirect :-1 $8 prefixes *0")]
    [InlineData("CLIENT GETREDIR", ":-1")]
    [InlineData("CLIENT MAINT_NOTIFICATIONS ON", "-ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.")]
    [InlineData("CLIENT LIST TYPE foo", "-ERR Unknown client type 'foo'")]
    [InlineData("CLIENT LIST TYPE pubsub", "$0")]
    [InlineData("CLIENT LIST ID x", "-ERR Invalid client ID")]
    [InlineData("CLIENT LIST ID 99", "$0")]
    [InlineData("CLIENT LIST foo", Syntax)]
    [InlineData("CLIENT KILL 1.2.3.4:5", "-ERR No such client")]
    [InlineData("CLIENT KILL ID 0", "-ERR client-id should be greater than 0")]
    [InlineData("CLIENT KILL ID x", "-ERR client-id should be greater than 0")]
    [InlineData("CLIENT KILL ID 9999", ":0")]
    [InlineData("CLIENT KILL TYPE foo", "-ERR Unknown client type 'foo'")]
    [InlineData("CLIENT KILL USER bob", "-ERR No such user 'bob'")]
    [InlineData("CLIENT KILL ID 3 SKIPME foo", Syntax)]
    [InlineData("CLIENT KILL foo bar", Syntax)]
    [InlineData("CLIENT KILL ID 1 ADDR", Syntax)]
    [InlineData("CLIENT REPLY foo", Syntax)]
    [InlineData("CLIENT REPLY ON", "+OK")]
    [InlineData("CLIENT REPLY OFF; PING; SELECT 99; CLIENT REPLY ON; PING", "+OK +PONG")]
    [InlineData("CLIENT REPLY SKIP; PING; ECHO a", "$1 a")]
    [InlineData("CLIENT REPLY SKIP; CLIENT REPLY SKIP; PING; ECHO a", "$1 a")]
    [InlineData("CLIENT REPLY OFF; CLIENT REPLY SKIP; PING; CLIENT REPLY ON", "+OK")]
    public void Answers_as_Redis_does(string commands, string expected) => new Asker().Ask(commands).ShouldBe(expected);

    [Theory]
    [InlineData("CLIENT UNBLOCK 1")]
    public void What_is_not_built_says_so(string command) =>
        new Asker().Ask(command).ShouldMatch("^-ERR CLIENT [A-Z]+ is not built yet: ");

    [Fact]
    public void Tracking_state_is_a_map_and_a_set_in_RESP3() =>
        new Asker(protocol: 3).Ask("CLIENT TRACKINGINFO").ShouldBe("%3 $5 flags ~1 $3 off $8 redirect :-1 $8 prefixes *0");

    [Fact]
    public void A_line_of_the_list_has_Redis_fields_in_Redis_order()
    {
        var client = new Asker();
        client.Ask("SELECT 2; CLIENT SETNAME me; CLIENT SETINFO LIB-NAME lib; CLIENT SETINFO LIB-VER 1.0; CLIENT NO-EVICT ON");
        client.AskRaw("CLIENT INFO").ShouldEndWith(
            "id=1 addr=1.1.1.1:1 laddr=10.0.0.1:6379 fd=-1 name=me age=10 idle=0 flags=e db=2 sub=0 psub=0 ssub=0 multi=-1 "
            + "qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0 events=r cmd=client|info "
            + "user=default redir=-1 resp=2 lib-name=lib lib-ver=1.0\n\r\n");
    }

    [Fact]
    public void The_list_can_be_filtered_by_type_and_by_id()
    {
        var one = new Asker();
        var two = new Asker(one.Node);
        var three = new Asker(one.Node);
        two.Ask("SUBSCRIBE c");
        Ids("CLIENT LIST").ShouldBe([1, 2, 3]);
        Ids("CLIENT LIST TYPE PUBSUB").ShouldBe([2]);
        Ids("CLIENT LIST TYPE normal").ShouldBe([1, 3]);
        Ids("CLIENT LIST ID 3 1 77").ShouldBe([1, 3]);
        Ids("CLIENT LIST TYPE master").ShouldBeEmpty();
        three.Session.LastCommand.ShouldBe("client|list");

        int[] Ids(string command) =>
            [.. three
                .AskRaw(command).Split('\n').Where(l => l.StartsWith("id=", StringComparison.Ordinal))
                .Select(l => int.Parse(l[3..l.IndexOf(' ')]))];
    }

    [Fact]
    public void The_list_is_verbatim_text_in_RESP3() =>
        new Asker(protocol: 3).Ask("CLIENT LIST").ShouldMatch("^=[0-9]+ txt:id=1 ");

    [Fact]
    public void Kill_closes_others_by_address_and_by_filters_that_must_all_match()
    {
        var me = new Asker();
        for (var i = 0; i < 4; i++) _ = new Asker(me.Node);
        me.Ask("CLIENT KILL 1.1.1.1:2").ShouldBe("+OK");
        me.Node.Closed.ShouldBe([2]);
        me.Ask("CLIENT KILL ID 3 ADDR 1.1.1.1:4").ShouldBe(":0");
        me.Ask("CLIENT KILL ID 3 ADDR 1.1.1.1:3 LADDR 10.0.0.1:6379 TYPE normal USER default MAXAGE 10").ShouldBe(":1");
        me.Ask("CLIENT KILL ID 4 MAXAGE 11").ShouldBe(":0");
        me.Node.Closed.ShouldBe([2, 3]);
    }

    [Fact]
    public void Kill_spares_the_killer_unless_told_otherwise_and_answers_him()
    {
        var me = new Asker();
        me.Ask("CLIENT KILL ID 1").ShouldBe(":0");
        me.Session.WantsClose.ShouldBeFalse();
        me.Ask("CLIENT KILL ID 1 SKIPME NO").ShouldBe(":1");
        me.Session.WantsClose.ShouldBeTrue();
        me.Node.Closed.ShouldBeEmpty();
    }
}
