using Quorate.Replication.Policies;

namespace Quorate.Replication.Tests.Policies;

public sealed class PolicyCheckTests
{
    [Theory]
    [InlineData("strategy primary ack semisync:3", "semisync:3 waits for 3 backups, and replicas 3 has 2")]
    [InlineData("strategy primary ack semisync:0", "1 backup or more")]
    [InlineData("reads tail", "needs strategy chain")]
    [InlineData("strategy primary reads craq", "needs strategy chain")]
    [InlineData("strategy primary min-in-sync 4", "min-in-sync 4 is more than replicas 3")]
    [InlineData("strategy primary min-in-sync 0", "1 or more")]
    [InlineData("ack async", "use strategy primary")]
    [InlineData("strategy chain ack majority", "tail has the write")]
    [InlineData("strategy chain replicas 1", "no replica to hand a write to")]
    [InlineData("ship state", "needs strategy primary")]
    [InlineData("replicas 65", "1 to 64")]
    [InlineData("replicas 0", "1 to 64")]
    [InlineData("strategy primary ack async when-short degrade", "degrade belongs to")]
    [InlineData("reads bounded:0", "milliseconds")]
    [InlineData("replicas 4 reads voted", "an odd number of replicas")]
    [InlineData("replicas 1 reads voted", "3 or more")]
    [InlineData("strategy chain reads voted", "use strategy raft or primary")]
    [InlineData("strategy primary ship state reads voted", "use ship log")]
    [InlineData("delay 1h", "delay needs strategy primary; raft has voters only")]
    [InlineData("strategy chain cascade 1", "cascade needs strategy primary; a chain feeds each replica by the one before it")]
    [InlineData("strategy multileader delay 1h", "delay needs strategy primary")]
    [InlineData("strategy leaderless cascade 1", "cascade needs strategy primary")]
    [InlineData("strategy primary replicas 1 cascade 1", "replicas 1 has no backup")]
    [InlineData("strategy primary replicas 60 delay 3:1h cascade 2", "64 at most")]
    [InlineData("strategy pbft", "not built yet; use strategy raft")]
    [InlineData("strategy leaderless n 4", "n is 1 to replicas, which is 3, not 4")]
    [InlineData("strategy leaderless r 4", "r is 1 to n, which is 3, not 4")]
    [InlineData("strategy leaderless w 0", "w is 1 to n, which is 3, not 0")]
    [InlineData(
        "strategy leaderless r 1 w 1 reads linearizable",
        "with r 1, w 1 and n 3 a read may ask only replicas that missed the newest write; use r 3")]
    [InlineData("strategy leaderless sloppy on reads linearizable", "use sloppy off")]
    [InlineData("strategy leaderless consensus on replicas 4 n 4", "use an odd n")]
    [InlineData("strategy leaderless consensus on sloppy on", "has no vote")]
    [InlineData("strategy leaderless consensus on reads eventual", "use reads linearizable")]
    [InlineData("strategy leaderless reads session", "asks others every time")]
    [InlineData("strategy leaderless reads bounded:100", "one order of all writes")]
    [InlineData("strategy multileader keep-losers 400d", "keep-losers takes 1s to 365d")]
    [InlineData("strategy multileader keep-losers 0s", "keep-losers takes 1s to 365d")]
    [InlineData("strategy multileader reads linearizable", "no read is linearizable")]
    [InlineData("strategy multileader reads voted", "one order of all writes")]
    public void A_policy_that_cannot_be_is_refused_with_what_to_do(string words, string part)
    {
        PolicyText.TryParse(words.Split(' '), out var policy, out var why).ShouldBeTrue(why);
        PolicyCheck.Problems(policy!).ShouldContain(p => p.Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public void Defaults_are_sound_for_every_strategy()
    {
        foreach (var strategy in Strategy.All) PolicyCheck.Problems(PolicyDefaults.For(strategy), BuiltParts.All).ShouldBeEmpty();
        foreach (var strategy in BuiltParts.Now.Strategies) PolicyCheck.Problems(PolicyDefaults.For(strategy)).ShouldBeEmpty();
    }

    [Fact]
    public void More_nodes_or_label_values_than_there_are_is_a_shortage()
    {
        NodeLabels[] nodes = [new("p", "r", "a"), new("p", "r", "a"), new("p", "r", "b"), new()];
        PolicyCheck.Shortage(new Policy { Replicas = 4 }, nodes).ShouldBeNull();
        PolicyCheck.Shortage(new Policy { Replicas = 5 }, nodes).ShouldNotBeNull().ShouldContain("are up: 4");
        var behind = new Policy
        {
            Strategy = Strategy.Primary,
            Replicas = 2,
            Delayed = 1,
            DelayMilliseconds = 60_000,
            Cascaded = 1,
            Spread = "zone",
        };
        PolicyCheck.Shortage(behind, nodes).ShouldBeNull("those that follow behind may stand where others do");
        PolicyCheck.Shortage(behind with { Cascaded = 2 }, nodes)
            .ShouldNotBeNull().ShouldContain("replicas 2 delay 1:1m cascade 2 asks for 5 nodes");
        PolicyCheck.Shortage(new Policy { Replicas = 2, Spread = "zone" }, nodes).ShouldBeNull();
        PolicyCheck.Shortage(new Policy { Replicas = 3, Spread = "zone" }, nodes).ShouldNotBeNull().ShouldContain("p/r/a, p/r/b");
        PolicyCheck.Shortage(new Policy { Replicas = 2, Spread = "region" }, nodes).ShouldNotBeNull();
    }

    [Fact]
    public void The_same_zone_name_in_two_regions_is_two_zones()
    {
        NodeLabels[] nodes = [new("p", "eu", "a"), new("p", "us", "a")];
        PolicyCheck.Shortage(new Policy { Replicas = 2, Spread = "zone" }, nodes).ShouldBeNull();
    }

    [Fact]
    public void What_cannot_be_altered_online_is_refused_with_the_way_to_do_it()
    {
        var primary = PolicyDefaults.For(Strategy.Primary);
        PolicyChange.WhyNot(primary, PolicyDefaults.For(Strategy.Raft)).ShouldNotBeNull().ShouldContain("copy the keys");
        PolicyChange.WhyNot(primary, primary with { Ship = Ship.State }).ShouldNotBeNull();
        PolicyChange.WhyNot(primary, primary with { Durability = Durability.Memory }).ShouldNotBeNull();
        PolicyChange.WhyNot(primary, primary with { Durability = Durability.Written }).ShouldBeNull();
        PolicyChange.WhyNot(primary, primary with { Ack = Ack.Async }).ShouldBeNull();
        PolicyChange.WhyNot(primary, primary with { Delayed = 1, DelayMilliseconds = 1000, Cascaded = 1 }).ShouldBeNull();
        PolicyChange.WhyNot(primary, primary with { Replicas = 5, Spread = "zone", Reads = ReadConsistency.Session })
            .ShouldBeNull();
    }

    [Fact]
    public void Only_reads_can_change_without_the_replicas_knowing()
    {
        var primary = PolicyDefaults.For(Strategy.Primary);
        PolicyChange.IsForReadersOnly(primary, primary with { Reads = ReadConsistency.Bounded, BoundMilliseconds = 7 })
            .ShouldBeTrue();
        PolicyChange.IsForReadersOnly(primary, primary with { Replicas = 5 }).ShouldBeFalse();
        PolicyChange.IsForReadersOnly(primary, primary with { Cascaded = 1 }).ShouldBeFalse();
        var chain = PolicyDefaults.For(Strategy.Chain);
        PolicyChange.IsForReadersOnly(chain, chain with { Reads = ReadConsistency.Craq }).ShouldBeFalse();
        PolicyChange.AltersAcknowledgement(primary, primary with { Reads = ReadConsistency.Weak }).ShouldBeFalse();
        PolicyChange.AltersAcknowledgement(primary, primary with { MinInSync = 3 }).ShouldBeTrue();
    }
}
