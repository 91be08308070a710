using Quorate.Cluster.Commands;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Commands;

public sealed class ReplicationCommandTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void The_leader_is_master_of_the_followers_that_answer(int protocol)
    {
        var client = new Asker(protocol: protocol);
        client.Ask("ROLE").ShouldBe("*3 $6 master :100 *1 *3 $8 10.0.0.2 $4 6380 $2 98");
    }

    [Fact]
    public void Others_are_slaves_of_the_leader()
    {
        var client = new Asker();
        client.Node.LedBy(3);
        client.Ask("ROLE").ShouldBe("*5 $5 slave $3 ::1 :6381 $9 connected :97");
        client.Node.LedBy(0);
        client.Ask("ROLE").ShouldBe("*5 $5 slave $0  :0 $7 connect :97");
    }

    [Theory]
    [InlineData("WAIT 0 0", ":1")]
    [InlineData("WAIT 1 0", ":1")]
    [InlineData("WAIT -1 0", ":1")]
    [InlineData("WAIT x 1", "-ERR value is not an integer or out of range")]
    [InlineData("WAIT 1 x", "-ERR timeout is not an integer or out of range")]
    [InlineData("WAIT 1 -1", "-ERR timeout is negative")]
    [InlineData("WAIT 1 9223372036854775807", "-ERR timeout is out of range")]
    [InlineData("WAITAOF 1 1 0", "*2 :1 :1")]
    [InlineData("WAITAOF 2 1 0", "-ERR value is out of range, must be between 0 and 1")]
    [InlineData("WAITAOF 1 -1 0", "-ERR value is out of range, must be positive")]
    [InlineData("WAITAOF 1 1 -1", "-ERR timeout is negative")]
    public void Answers_at_once_when_enough_hold_the_write(string command, string expected)
    {
        var client = new Asker();
        client.Ask(command).ShouldBe(expected);
        client.Waiting.ShouldBeNull();
    }

    [Fact]
    public void Wait_answers_when_enough_hold_the_write()
    {
        var client = new Asker();
        client.Ask("WAIT 2 100").ShouldBe("");
        client.Session.IsBlocked.ShouldBeTrue();
        client.TryAgain(10_050).ShouldBeNull();
        client.Node.Holders = new WriteHolders(true, true, 2);
        client.TryAgain(10_060).ShouldBe(":2");
        client.Session.IsBlocked.ShouldBeFalse();
        client.Waiting!.IsWaiting.ShouldBeFalse();
    }

    [Fact]
    public void Wait_answers_the_count_that_is_true_at_its_deadline()
    {
        var client = new Asker();
        client.Ask("WAIT 2 100").ShouldBe("");
        client.TryAgain(10_099).ShouldBeNull();
        client.TryAgain(10_100).ShouldBe(":1");
    }

    [Fact]
    public void Wait_without_a_timeout_waits_on()
    {
        var client = new Asker();
        client.Ask("WAIT 2 0").ShouldBe("");
        client.TryAgain(1_000_000_000).ShouldBeNull();
        client.Waiting!.DeadlineNanoseconds.ShouldBe(long.MaxValue);
    }

    [Fact]
    public void A_silent_wait_leaves_nothing_behind()
    {
        var client = new Asker();
        client.Ask("CLIENT REPLY OFF; WAIT 2 100").ShouldBe("");
        client.TryAgain(10_100).ShouldBe("");
        client.Waiting!.IsWaiting.ShouldBeFalse();
    }

    [Fact]
    public void A_node_that_knows_no_count_says_so_as_a_replica_does()
    {
        var client = new Asker();
        client.Node.Holders = default;
        client.Ask("WAIT 1 0").ShouldStartWith("-ERR WAIT cannot be used with replica instances");
        client.Ask("WAITAOF 1 1 0").ShouldStartWith("-ERR WAITAOF cannot be used with replica instances");
        client.Waiting.ShouldBeNull();
    }

    [Fact]
    public void A_node_that_loses_the_lead_while_waiting_says_so_then()
    {
        var client = new Asker();
        client.Ask("WAIT 2 0").ShouldBe("");
        client.Node.Holders = default;
        client.TryAgain(10_010).ShouldNotBeNull().ShouldStartWith("-ERR WAIT cannot be used with replica instances");
    }

    [Fact]
    public void Nothing_is_claimed_to_be_on_stable_storage_that_was_only_written()
    {
        var client = new Asker();
        client.Node.Options = client.Node.Options with { Durability = Durability.Written };
        client.Ask("WAITAOF 0 0 0").ShouldBe("*2 :0 :0");
        client.Ask("WAITAOF 1 1 50").ShouldBe("");
        client.TryAgain(10_050).ShouldBe("*2 :0 :0");
        client.Node.Options = client.Node.Options with { Durability = Durability.Memory };
        client.Ask("WAITAOF 1 0 0").ShouldBe("-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
    }

    [Theory]
    [InlineData(
        "REPLICAOF NO ONE",
        "-ERR REPLICAOF is not used here: a keyspace's policy decides which nodes hold it (KEYSPACE ALTER <name> REPLICAS <n>")]
    [InlineData("SLAVEOF 1.2.3.4 6379", "-ERR SLAVEOF is not used here")]
    [InlineData("FAILOVER", "-ERR this node runs without a control plane")]
    [InlineData("PSYNC ? -1", "-ERR PSYNC is not served")]
    [InlineData("REPLCONF listening-port 1", "-ERR REPLCONF is not served")]
    [InlineData("SHUTDOWN NOSAVE", "-ERR SHUTDOWN is not accepted from clients: stop the node's process")]
    [InlineData("DEBUG SLEEP 1", "-ERR DEBUG command not allowed")]
    [InlineData("MULTI", "-ERR MULTI is not built yet")]
    [InlineData("EXEC", "-ERR EXEC without MULTI")]
    [InlineData("WATCH a", "-ERR WATCH is not built yet")]
    [InlineData("EVAL x 0", "-ERR EVAL is not built yet")]
    [InlineData("SCRIPT LOAD x", "-ERR SCRIPT is not built yet")]
    [InlineData("MONITOR", "-ERR MONITOR is not built yet")]
    [InlineData("BGSAVE", "-ERR BGSAVE is not used here")]
    public void What_is_refused_says_why(string command, string expected) => new Asker().Ask(command).ShouldStartWith(expected);
}
