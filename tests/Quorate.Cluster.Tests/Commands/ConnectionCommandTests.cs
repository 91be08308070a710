using Quorate.Cluster.Commands;

namespace Quorate.Cluster.Tests.Commands;

public sealed class ConnectionCommandTests
{
    private const string Greeting2 =
        "*14 $6 server $5 redis $7 version $5 7.2.4 $5 proto :2 $2 id :1 $4 mode $10 standalone $4 role $6 master $7 modules *0";

    private const string Greeting3 =
        "%7 $6 server $5 redis $7 version $5 7.2.4 $5 proto :3 $2 id :1 $4 mode $10 standalone $4 role $6 master $7 modules *0";

    [Theory]
    [InlineData("PING", "+PONG")]
    [InlineData("ping hello", "$5 hello")]
    [InlineData("PING a b", "-ERR wrong number of arguments for 'ping' command")]
    [InlineData("ECHO x", "$1 x")]
    [InlineData("ECHO", "-ERR wrong number of arguments for 'echo' command")]
    [InlineData("AUTH x", "-ERR AUTH <password> called without any password configured for the default user. "
        + "Are you sure your configuration is correct?")]
    [InlineData("AUTH default x", "+OK")]
    [InlineData("AUTH bob x", "-WRONGPASS invalid username-password pair or user is disabled.")]
    [InlineData("AUTH a b c", "-ERR syntax error")]
    [InlineData("HELLO", Greeting2)]
    [InlineData("HELLO 3", Greeting3)]
    [InlineData("HELLO 3 AUTH default x SETNAME me; CLIENT GETNAME", Greeting3 + " $2 me")]
    [InlineData("HELLO 4", "-NOPROTO unsupported protocol version")]
    [InlineData("HELLO x", "-ERR Protocol version is not an integer or out of range")]
    [InlineData("HELLO 3 foo", "-ERR Syntax error in HELLO option 'foo'")]
    [InlineData("HELLO 3 SETNAME a SETNAME", "-ERR Syntax error in HELLO option 'SETNAME'")]
    [InlineData("HELLO 3 AUTH bob x", "-WRONGPASS invalid username-password pair or user is disabled.")]
    [InlineData("HELLO 3 SETNAME a~b", "-ERR Client names cannot contain spaces, newlines or special characters.")]
    [InlineData("SELECT 15", "+OK")]
    [InlineData("SELECT 16", "-ERR DB index is out of range")]
    [InlineData("SELECT -1", "-ERR DB index is out of range")]
    [InlineData("SELECT x", "-ERR value is not an integer or out of range")]
    [InlineData("SELECT -0", "-ERR value is not an integer or out of range")]
    [InlineData("SELECT +1", "-ERR value is not an integer or out of range")]
    [InlineData("SELECT \"\"", "-ERR value is not an integer or out of range")]
    [InlineData("SELECT 01", "-ERR value is not an integer or out of range")]
    [InlineData("FOO bar baz", "-ERR unknown command 'FOO', with args beginning with: 'bar' 'baz'")]
    [InlineData("SENTINEL MASTERS", "-ERR this node runs without a control plane: it has only the numbered databases")]
    [InlineData("CLIENT FOO", "-ERR unknown subcommand 'FOO'. Try CLIENT HELP.")]
    [InlineData("CLIENT", "-ERR wrong number of arguments for 'client' command")]
    [InlineData("CLIENT SETNAME", "-ERR wrong number of arguments for 'client|setname' command")]
    [InlineData("CLIENT|ID", "-ERR unknown command 'CLIENT|ID', with args beginning with:")]
    public void Answers_as_Redis_does(string commands, string expected) => new Asker().Ask(commands).ShouldBe(expected);

    [Fact]
    public void Hello_that_fails_changes_nothing()
    {
        var client = new Asker();
        client.Ask("CLIENT SETNAME before; HELLO 3 SETNAME after foo");
        client.Session.Protocol.ShouldBe(2);
        client.Session.Name.ShouldBe("before");
    }

    [Fact]
    public void Hello_tells_the_role_for_the_selected_keyspace()
    {
        var client = new Asker();
        client.Node.LedBy(2);
        client.Ask("HELLO 3").ShouldEndWith("$4 role $7 replica $7 modules *0");
    }

    [Fact]
    public void Quit_is_answered_and_closes()
    {
        var client = new Asker();
        client.Ask("QUIT").ShouldBe("+OK");
        client.Session.WantsClose.ShouldBeTrue();
    }

    [Fact]
    public void Reset_leaves_a_connection_like_a_new_one()
    {
        var client = new Asker();
        client.Ask("HELLO 3; SELECT 3; CLIENT SETNAME x; CLIENT NO-TOUCH ON; SUBSCRIBE c; PSUBSCRIBE p*; CLIENT REPLY OFF");
        client.Ask("RESET").ShouldBe("+RESET");
        client.Ask("CLIENT GETNAME; PING").ShouldBe("$-1 +PONG");
        client.Session.Database.ShouldBe(0);
        client.Session.NoTouch.ShouldBeFalse();
        client.Session.SubscriptionCount.ShouldBe(0);
        client.Node.Channels.ChannelNames.ShouldBeEmpty();
        client.Node.Channels.PatternCount.ShouldBe(0);
    }

    [Fact]
    public void What_StackExchange_Redis_sends_on_connect_is_answered_one_for_one()
    {
        // The batch must not lose an answer: each missing one would shift all that follow.
        var client = new Asker();
        var replies = client.Ask(
            "CLIENT SETNAME app; CLIENT SETINFO lib-name SE.Redis; CLIENT SETINFO lib-ver 2.8; CLIENT ID; CONFIG GET timeout; "
            + "CONFIG GET slave-read-only; CONFIG GET databases; SENTINEL MASTERS; CLUSTER NODES; ECHO 0123456789abcdef");
        replies.ShouldBe("+OK +OK +OK :1 *2 $7 timeout $1 0 *2 $15 slave-read-only $2 no *2 $9 databases $2 16 "
            + "-ERR this node runs without a control plane: it has only the numbered databases "
            + "-ERR This instance has cluster support disabled $16 0123456789abcdef");
        client.Session.LibName.ShouldBe("SE.Redis");
        client.Session.LibVersion.ShouldBe("2.8");
    }

    [Fact]
    public void Errors_are_counted_by_their_first_word()
    {
        var client = new Asker();
        client.Ask("AUTH bob x; SELECT 99; SELECT 98; CLIENT REPLY OFF; SELECT 97");
        client.Node.Statistics.ErrorReplies.ShouldBe(3);
        client.Node.Statistics.Errors.ShouldBe([new("ERR", 2), new("WRONGPASS", 1)]);
    }

    [Fact]
    public void Only_so_many_kinds_of_errors_are_kept()
    {
        var statistics = new NodeStatistics();
        for (var i = 0; i < 1000; i++) statistics.CountError(System.Text.Encoding.ASCII.GetBytes($"E{i} x"));
        statistics.ErrorReplies.ShouldBe(1000);
        statistics.Errors.Count.ShouldBe(128);
    }
}
