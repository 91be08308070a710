using Quorate.Replication.Policies;

namespace Quorate.Replication.Tests.Policies;

public sealed class PolicyTextTests
{
    [Theory]
    [InlineData("", "strategy raft replicas 3 ack majority ship log reads linearizable durability fsync")]
    [InlineData(
        "strategy primary", "strategy primary replicas 3 ack sync min-in-sync 2 ship log reads linearizable durability fsync")]
    [InlineData(
        "strategy chain replicas 5 reads craq",
        "strategy chain replicas 5 ack sync min-in-sync 1 ship log reads craq durability fsync")]
    [InlineData(
        "ack semisync:2 STRATEGY Primary when-short degrade",
        "strategy primary replicas 3 ack semisync:2 when-short degrade ship log reads linearizable durability fsync")]
    [InlineData(
        "strategy primary ack semisync",
        "strategy primary replicas 3 ack semisync:1 ship log reads linearizable durability fsync")]
    [InlineData(
        "reads bounded:250 spread ZONE",
        "strategy raft replicas 3 ack majority ship log reads bounded:250 durability fsync spread zone")]
    [InlineData(
        "strategy primary replicas 1",
        "strategy primary replicas 1 ack sync min-in-sync 1 ship log reads linearizable durability fsync")]
    [InlineData(
        "min-in-sync 3 ack sync strategy primary",
        "strategy primary replicas 3 ack sync min-in-sync 3 ship log reads linearizable durability fsync")]
    [InlineData(
        "strategy primary delay 1h",
        "strategy primary replicas 3 ack sync min-in-sync 2 ship log delay 1:1h reads linearizable durability fsync")]
    [InlineData(
        "cascade 2 delay 2:5400s strategy primary ack async",
        "strategy primary replicas 3 ack async ship log delay 2:90m cascade 2 reads linearizable durability fsync")]
    [InlineData(
        "strategy primary delay none cascade 0",
        "strategy primary replicas 3 ack sync min-in-sync 2 ship log reads linearizable durability fsync")]
    [InlineData("strategy pbft", "strategy pbft replicas 4 ack majority ship log reads linearizable durability fsync")]
    [InlineData(
        "strategy multileader",
        "strategy multileader replicas 3 ack async ship log topology all conflicts crdt reads session durability fsync")]
    [InlineData("CONFLICTS merge:cart topology RING strategy multileader ack "
        + "semisync:2",
        "strategy multileader replicas 3 ack semisync:2 ship log topology ring conflicts merge:cart reads session durability "
            + "fsync")]
    [InlineData(
        "strategy leaderless",
        "strategy leaderless replicas 3 n 3 r 2 w 2 sloppy off conflicts crdt reads eventual durability fsync")]
    [InlineData(
        "strategy leaderless conflicts lww keep-losers 36H",
        "strategy leaderless replicas 3 n 3 r 2 w 2 sloppy off conflicts lww keep-losers 36h reads eventual durability fsync")]
    [InlineData(
        "strategy multileader keep-losers 24h",
        "strategy multileader replicas 3 ack async ship log topology all conflicts crdt reads session durability fsync")]
    [InlineData(
        "strategy leaderless replicas 1",
        "strategy leaderless replicas 1 n 1 r 1 w 1 sloppy off conflicts crdt reads eventual durability fsync")]
    [InlineData(
        "strategy leaderless replicas 7 n 5 spread zone",
        "strategy leaderless replicas 7 n 5 r 3 w 3 sloppy off conflicts crdt reads eventual durability fsync spread zone")]
    [InlineData(
        "strategy leaderless r 1 w 1 sloppy on conflicts lww",
        "strategy leaderless replicas 3 n 3 r 1 w 1 sloppy on conflicts lww reads eventual durability fsync")]
    [InlineData(
        "strategy leaderless consensus on",
        "strategy leaderless replicas 3 n 3 consensus on reads linearizable durability fsync")]
    public void Words_in_any_order_and_case_become_a_policy(string words, string printed)
    {
        PolicyText.TryParse(Split(words), out var policy, out var why).ShouldBeTrue(why);
        PolicyText.Print(policy!).ShouldBe(printed);
    }

    [Theory]
    [InlineData("strategy", "pairs")]
    [InlineData("strategy paxos", "raft|primary|chain")]
    [InlineData("replicas 3 replicas 5", "twice")]
    [InlineData("replicas three", "number")]
    [InlineData("replicas -3", "number")]
    [InlineData("ack sync:2", "only semisync")]
    [InlineData("ack semisync:x", "only semisync")]
    [InlineData("reads craq:5", "only bounded")]
    [InlineData("colour blue", "has no 'colour'")]
    [InlineData("strategy primary delay 5000", "as in 1:1h")]
    [InlineData("strategy primary delay 0:1h", "as in 1:1h")]
    [InlineData("strategy primary delay 1:500ms", "as in 1:1h")]
    [InlineData("strategy primary delay 1:8d", "1s to 7d")]
    [InlineData("strategy primary delay 1:99999999999999h", "1s to 7d")]
    [InlineData("strategy primary cascade on", "cascade is a number")]
    [InlineData("spread rack", "provider|region|zone|none")]
    [InlineData("ship fish", "log|state")]
    [InlineData("durability eternal", "fsync|written|memory")]
    [InlineData("when-short panic", "refuse|degrade")]
    [InlineData("strategy primary ack majority min-in-sync 2", "ack sync only")]
    [InlineData("conflicts crdt", "multileader and leaderless")]
    [InlineData("strategy primary n 3", "n is for strategy leaderless")]
    [InlineData("strategy leaderless topology ring", "for strategy multileader")]
    [InlineData("strategy leaderless ack sync", "when w replicas have it")]
    [InlineData("strategy leaderless ship state", "all n replicas")]
    [InlineData("strategy leaderless conflicts merge", "conflicts merge:cart")]
    [InlineData("keep-losers 1d", "multileader and leaderless")]
    [InlineData("strategy leaderless keep-losers 6", "a time such as 90s, 15m, 6h or 1d")]
    [InlineData("strategy leaderless keep-losers 99999999999d", "a time such as 90s, 15m, 6h or 1d")]
    [InlineData("strategy leaderless conflicts lww:x", "only merge takes a name")]
    [InlineData("strategy leaderless sloppy maybe", "on or off")]
    [InlineData("strategy multileader min-in-sync 2", "one leader")]
    public void What_cannot_be_read_is_refused_with_the_choices(string words, string part)
    {
        PolicyText.TryParse(Split(words), out var policy, out var why).ShouldBeFalse();
        policy.ShouldBeNull();
        why.ShouldNotBeNull().ShouldContain(part);
    }

    [Fact]
    public void Altering_keeps_what_is_not_said()
    {
        var current = PolicyDefaults.For(Strategy.Primary, 5) with { Spread = "zone", Reads = ReadConsistency.Session };
        PolicyText.TryParse(["ack", "semisync:2"], current, out var altered, out _).ShouldBeTrue();
        altered.ShouldBe(PolicyDefaults.Normal(current with { Ack = Ack.SemiSync, AckBackups = 2 }));
        PolicyText.TryParse(["spread", "none"], current, out altered, out _).ShouldBeTrue();
        altered!.Spread.ShouldBeNull();
        PolicyText.TryParse(["delay", "2:1d"], current, out altered, out _).ShouldBeTrue();
        altered!.ShouldBe(PolicyDefaults.Normal(current with { Delayed = 2, DelayMilliseconds = 86_400_000 }));
        PolicyText.TryParse(["delay", "none"], altered, out altered, out _).ShouldBeTrue();
        altered.ShouldBe(PolicyDefaults.Normal(current));
    }

    /// <summary>Over every combination of words that is a policy at all.</summary>
    [Fact]
    public void What_is_printed_is_read_back_the_same()
    {
        var count = 0;
        foreach (var policy in Policies.Sound())
        {
            count++;
            var text = PolicyText.Print(policy);
            PolicyText.TryParse(Split(text), out var back, out var why).ShouldBeTrue(why);
            back.ShouldBe(policy, text);
        }

        count.ShouldBeGreaterThan(500);
    }

    [Fact]
    public void A_script_is_one_word_whatever_is_in_it()
    {
        const string Script = "return siblings[1] .. ' and\n' .. siblings[2]";
        PolicyText.TryParse(["strategy", "multileader", "conflicts", "merge:both", "script", Script], out var policy, out var why)
            .ShouldBeTrue(why);
        policy!.MergeScript.ShouldBe(Script);
        PolicyText.Print(policy).ShouldNotContain("script");
        PolicyText.TryParse(PolicyText.Words(policy), out var back, out why).ShouldBeTrue(why);
        back.ShouldBe(policy);
    }

    private static string[] Split(string words) => words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
