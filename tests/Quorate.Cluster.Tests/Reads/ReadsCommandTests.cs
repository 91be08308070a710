namespace Quorate.Cluster.Tests.Reads;

public sealed class ReadsCommandTests
{
    private readonly LocalCluster _cluster = new(3);

    public ReadsCommandTests() => _cluster.ElectSomebody();

    [Fact]
    public void The_rule_is_of_the_connection_until_it_is_changed_or_reset()
    {
        var session = _cluster.Connect(_cluster.Follower);
        _cluster.Await(
            session,
            "READS; READS bounded 500; READS; READS bounded:70; READS; reads SESSION; READS; READS weak; READS").ShouldBe(
            "$7 default +OK $11 bounded:500 +OK $10 bounded:70 +OK $7 session +OK $4 weak");
        _cluster.Await(session, "READS default; READS; READONLY; READS; READWRITE; READS; READS eventual; RESET; READS").ShouldBe(
            "+OK $7 default +OK $8 eventual +OK $7 default +OK +RESET $7 default");
        _cluster.Await(_cluster.Connect(_cluster.Follower), "READS").ShouldBe("$7 default");
    }

    [Theory]
    [InlineData("READS nonsense", "READS is followed by")]
    [InlineData("READS voted", "READS is followed by")]
    [InlineData("READS bounded", "bounded takes milliseconds")]
    [InlineData("READS bounded 0", "bounded takes milliseconds")]
    [InlineData("READS bounded: GET k", "bounded takes milliseconds")]
    [InlineData("READS bounded x GET k", "bounded takes milliseconds")]
    [InlineData("READS bounded 86400001", "bounded takes milliseconds")]
    [InlineData("READS AFTER nonsense", "this is not a token")]
    [InlineData("READS session SET k 1", "after the rule there may be one command that reads keys")]
    [InlineData("READS session PING", "after the rule there may be one command that reads keys")]
    [InlineData("READS session GET", "after the rule there may be one command that reads keys")]
    [InlineData("READS session READS session GET k", "after the rule there may be one command that reads keys")]
    public void What_it_does_not_understand_it_refuses(string words, string why)
    {
        var session = _cluster.Connect(_cluster.Leader);
        _cluster.Await(session, words).ShouldStartWith($"-ERR {why}");
        _cluster.Await(session, "SET k 1; GET k; READS").ShouldBe("+OK $1 1 $7 default");
    }

    [Fact]
    public void One_read_goes_by_the_rule_in_front_of_it()
    {
        foreach (var node in _cluster.Ids)
        {
            var session = _cluster.Connect(node);
            _cluster.Await(
                session,
                $"SET k {node}; READS bounded 500 GET k; READS session MGET k k; READS linearizable GET k; reads DEFAULT get "
                    + $"k; READS").ShouldBe(
                $"+OK $1 {node} *2 $1 {node} $1 {node} $1 {node} $1 {node} $7 default");
            _cluster.Run(200);
            _cluster.Await(session, "READS eventual GET k; READS weak EXISTS k; READS eventual OBJECT ENCODING k")
                .ShouldBe($"$1 {node} :1 $3 int");
        }
    }

    [Fact]
    public void Clients_learn_of_it_as_of_every_command()
    {
        var reply = _cluster.Await(_cluster.Connect(1), "COMMAND INFO reads readonly readwrite");
        reply.ShouldContain("$5 reads :-1");
        reply.ShouldContain("$8 readonly :1");
    }

    [Fact]
    public void A_key_that_has_run_out_is_not_shown_to_eventual_reads_of_a_node_that_is_alone()
    {
        var session = _cluster.Connect(_cluster.Follower);
        _cluster.Await(session, "SET k 1 PX 1000; GET k").ShouldBe("+OK $1 1");
        _cluster.Isolate(_cluster.Follower);
        _cluster.Run(1500);
        _cluster.Ask(session, "READS eventual GET k; READS weak EXISTS k").ShouldBe("$-1 :0");
    }
}
