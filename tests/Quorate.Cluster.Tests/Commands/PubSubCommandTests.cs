namespace Quorate.Cluster.Tests.Commands;

public sealed class PubSubCommandTests
{
    [Theory]
    [InlineData("SUBSCRIBE __Booksleeve_MasterChanged", "*3 $9 subscribe $26 __Booksleeve_MasterChanged :1")]
    [InlineData("SUBSCRIBE a b; PING; PING x; UNSUBSCRIBE a; UNSUBSCRIBE; PING",
        "*3 $9 subscribe $1 a :1 *3 $9 subscribe $1 b :2 *2 $4 pong $0  *2 $4 pong $1 x *3 $11 unsubscribe $1 a :1 "
        + "*3 $11 unsubscribe $1 b :0 +PONG")]
    [InlineData("SUBSCRIBE a a", "*3 $9 subscribe $1 a :1 *3 $9 subscribe $1 a :1")]
    [InlineData("UNSUBSCRIBE", "*3 $11 unsubscribe $-1 :0")]
    [InlineData("UNSUBSCRIBE a b", "*3 $11 unsubscribe $1 a :0 *3 $11 unsubscribe $1 b :0")]
    [InlineData("PUNSUBSCRIBE", "*3 $12 punsubscribe $-1 :0")]
    [InlineData("PSUBSCRIBE a*; SUBSCRIBE ab; PUNSUBSCRIBE a*; QUIT",
        "*3 $10 psubscribe $2 a* :1 *3 $9 subscribe $2 ab :2 *3 $12 punsubscribe $2 a* :1 +OK")]
    [InlineData("PSUBSCRIBE a*; RESET; PING", "*3 $10 psubscribe $2 a* :1 +RESET +PONG")]
    [InlineData("PUBLISH a b", ":0")]
    [InlineData("PUBSUB CHANNELS", "*0")]
    [InlineData("PUBSUB NUMSUB a b", "*4 $1 a :0 $1 b :0")]
    [InlineData("PUBSUB NUMSUB", "*0")]
    [InlineData("PUBSUB NUMPAT", ":0")]
    [InlineData("SUBSCRIBE a; CLIENT INFO", "*3 $9 subscribe $1 a :1 -ERR Can't execute 'client|info': only (P|S)SUBSCRIBE / "
        + "(P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context")]
    public void Answers_as_Redis_does(string commands, string expected) => new Asker().Ask(commands).ShouldBe(expected);

    [Fact]
    public void In_RESP3_confirmations_are_pushes_and_every_command_stays_allowed() =>
        new Asker(protocol: 3).Ask("SUBSCRIBE a; PING; CLIENT ID; UNSUBSCRIBE; UNSUBSCRIBE")
            .ShouldBe(">3 $9 subscribe $1 a :1 +PONG :1 >3 $11 unsubscribe $1 a :0 >3 $11 unsubscribe _ :0");

    [Fact]
    public void A_message_reaches_every_subscription_on_the_node_in_the_subscribers_own_protocol()
    {
        var two = new Asker();
        var three = new Asker(two.Node, protocol: 3);
        var publisher = new Asker(two.Node);
        two.Ask("SUBSCRIBE news; PSUBSCRIBE n*");
        three.Ask("SUBSCRIBE news other");
        publisher.Ask("PUBLISH news hello; PUBLISH nobody x; PUBLISH other y; PUBLISH zzz z").ShouldBe(":3 :1 :1 :0");
        two.Node.Pushed.ShouldBe(
        [
            (1, "*3 $7 message $4 news $5 hello"),
            (2, ">3 $7 message $4 news $5 hello"),
            (1, "*4 $8 pmessage $2 n* $4 news $5 hello"),
            (1, "*4 $8 pmessage $2 n* $6 nobody $1 x"),
            (2, ">3 $7 message $5 other $1 y"),
        ]);
    }

    [Fact]
    public void Channels_are_listed_in_order_and_counted()
    {
        var one = new Asker(protocol: 3);
        var two = new Asker(one.Node, protocol: 3);
        one.Ask("SUBSCRIBE c b; PSUBSCRIBE x*");
        two.Ask("SUBSCRIBE b a; PSUBSCRIBE x*");
        one.Ask("PUBSUB CHANNELS; PUBSUB CHANNELS [ab]; PUBSUB NUMSUB b c d; PUBSUB NUMPAT")
            .ShouldBe("*3 $1 a $1 b $1 c *2 $1 a $1 b *6 $1 b :2 $1 c :1 $1 d :0 :1");
    }

    [Fact]
    public void Who_leaves_gets_nothing_more()
    {
        var one = new Asker();
        one.Ask("SUBSCRIBE a b; PSUBSCRIBE *");
        one.Node.Channels.Leave(one.Session);
        new Asker(one.Node).Ask("PUBLISH a x").ShouldBe(":0");
        one.Node.Channels.ChannelNames.ShouldBeEmpty();
        one.Session.IsSubscriberOnly.ShouldBeFalse();
    }

    [Fact]
    public void Names_are_bytes()
    {
        var one = new Asker();
        one.Ask("SUBSCRIBE \u00ff\u0001").ShouldBe("*3 $9 subscribe $2 \u00ff\u0001 :1");
        new Asker(one.Node).Ask("PUBLISH \u00ff\u0001 \u0080").ShouldBe(":1");
        one.Node.Pushed.ShouldBe([(1, "*3 $7 message $2 \u00ff\u0001 $1 \u0080")]);
    }
}
