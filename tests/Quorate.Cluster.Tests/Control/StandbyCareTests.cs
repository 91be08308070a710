using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Policies;
using static Quorate.Cluster.Tests.Control.MapBuilder;

namespace Quorate.Cluster.Tests.Control;

/// <summary>What the control leader does about a primary's delayed and cascaded replicas.</summary>
public sealed class StandbyCareTests
{
    [Fact]
    public void They_begin_as_learners_and_the_cascaded_share_the_backups()
    {
        var machine = MapBuilder.Machine(6);
        var configuration = machine.Of(Create(machine, "replicas 3 delay 1:1h cascade 2", 1, 2, 3, 4, 5, 6)).Configuration;
        configuration.InSync.ShouldBe(Ns(1, 2, 3));
        configuration.Learners.ShouldBe(Ns(4, 5, 6));
        configuration.Standby.ShouldBe(new Standby(Ns(4), [new Feed(N(5), N(2)), new Feed(N(6), N(3))]));
        machine.Do(new CreateKeyspace("few", -1, Policy("replicas 3 delay 1:1h"), [Ns(1, 2, 3)]))
            .ShouldNotBeNull().ShouldContain("4 replicas");
    }

    [Fact]
    public void The_map_lets_none_of_them_come_into_sync_or_feed_others()
    {
        var machine = MapBuilder.Machine(5);
        var group = Create(machine, "replicas 3 delay 1:1h cascade 1", 1, 2, 3, 4, 5);
        var now = machine.Of(group).Configuration;
        var next = now with { Epoch = now.Epoch.Next };
        machine.WhyNot(new SetConfiguration(group, now.Epoch, next with { InSync = Ns(1, 2, 3, 4), Learners = Ns(5) }))
            .ShouldNotBeNull().ShouldContain("stays a learner");
        machine.WhyNot(new SetConfiguration(group, now.Epoch, next with { InSync = Ns(1, 2, 3, 5), Learners = Ns(4) }))
            .ShouldNotBeNull().ShouldContain("stays a learner");
        machine.WhyNot(
            new SetConfiguration(
                group, now.Epoch,
                next with { Standby = now.Standby with { Feeds = [new Feed(N(5), N(4))] } })).ShouldNotBeNull().ShouldContain(
                    "n4 cannot be a source");
        machine.WhyNot(new SetConfiguration(
            group, now.Epoch, next with { Standby = now.Standby with { Feeds = [new Feed(N(5), N(3))] } })).ShouldBeNull();
    }

    [Fact]
    public void Another_backup_feeds_when_the_source_is_silent_and_the_primary_when_there_is_none()
    {
        var (bench, group) = Bench("replicas 3 ack majority cascade 1", 4);
        GroupConfiguration Now() => bench.Machine.Of(group).Configuration;
        Now().SourceOf(N(4)).ShouldBe(N(2));
        bench.Alive.Remove(N(2));
        bench.RunUntil(() => Now().SourceOf(N(4)) == N(3), 3000);
        Now().Leader.ShouldBe(N(1));
        bench.Alive.Remove(N(3));
        bench.RunUntil(() => Now().SourceOf(N(4)) == N(1), 3000);
        bench.Alive.Add(N(3));
        bench.RunUntil(() => Now().SourceOf(N(4)) == N(3), 8000);
    }

    [Theory]
    [InlineData("ack async")]
    [InlineData("ack sync min-in-sync 1")]
    [InlineData("ack semisync:1")]
    public void None_of_them_is_ever_named_also_when_nobody_else_is_left(string ack)
    {
        var (bench, group) = Bench($"replicas 2 {ack} delay 1:1h cascade 1", 4);
        bench.Alive.Remove(N(1));
        bench.Says[(N(3), group)] = new GroupBeat(group, bench.Log(group, 1000, lastEpoch: 1)); // as far ahead as it may be
        bench.Alive.Remove(N(2));
        bench.Run(8000);
        bench.Machine.Of(group).IsSealed.ShouldBeTrue();
        bench.Says.Clear();
        bench.Alive.Add(N(2));
        bench.RunUntil(() => bench.Machine.Of(group).Configuration.Leader == N(2), 5000);
        bench.Machine.Of(group).Configuration.Standby.ShouldBe(new Standby(Ns(3), [new Feed(N(4), N(2))]));
    }

    [Fact]
    public void An_operator_cannot_name_them_either()
    {
        var (bench, group) = Bench("replicas 2 delay 1:1h cascade 1", 4);
        bench.Supervisor.AskFailover(group, N(3), bench.Now).ShouldNotBeNull().ShouldContain("not in sync");
        bench.Supervisor.AskFailover(group, N(4), bench.Now).ShouldNotBeNull().ShouldContain("not in sync");
    }

    [Fact]
    public void What_a_primary_wants_for_them_is_not_taken()
    {
        var (bench, group) = Bench("replicas 2 delay 1:1h cascade 1", 4);
        bench.Says[(N(1), group)] = new GroupBeat(
            group, bench.Log(group, 10), new GroupConfiguration(new(2), N(1), Ns(1, 2, 3, 4), []));
        bench.Run(1000);
        bench.Machine.Of(group).Configuration.InSync.ShouldBe(Ns(1, 2));
    }

    [Fact]
    public void A_cascaded_replica_takes_the_place_of_one_that_is_gone_for_good_and_a_delayed_one_never()
    {
        var (bench, group) = Bench("replicas 3 delay 1:1h cascade 1", 5);
        GroupConfiguration Now() => bench.Machine.Of(group).Configuration;
        bench.Alive.Remove(N(3));
        bench.RunUntil(() => !Now().Standby.Contains(N(5)), 2 * bench.Options.ReplaceMilliseconds);
        Now().Learners.ShouldContain(N(5), "it comes into sync as any other does");
        Now().Standby.Delayed.ShouldBe(Ns(4));
        bench.Alive.Remove(N(2));
        bench.Run(2 * bench.Options.ReplaceMilliseconds);
        Now().Standby.Delayed.ShouldBe(Ns(4));
    }

    [Fact]
    public void They_come_and_go_with_the_policy()
    {
        var (bench, group) = Bench("replicas 3", 5, holders: 3);
        GroupConfiguration Now() => bench.Machine.Of(group).Configuration;
        void Alter(string words)
        {
            PolicyText.TryParse(words.Split(' '), bench.Machine.Map.Keyspaces[^1].Policy, out var policy, out var why)
                .ShouldBeTrue(why);
            bench.Machine.Do(new AlterKeyspace(bench.Machine.Map.Keyspaces[^1].Name, policy!)).ShouldBeNull();
        }

        Alter("delay 1:1h cascade 1");
        bench.RunUntil(() => Now().Standby.Delayed.Count == 1 && Now().Standby.Feeds.Count == 1, 5000);
        Now().Standby.ShouldBe(new Standby(Ns(4), [new Feed(N(5), N(2))]));
        bench.Machine.Do(new AlterKeyspace(
            bench.Machine.Map.Keyspaces[^1].Name,
            bench.Machine.Of(group).Policy with { Cascaded = 2 })).ShouldNotBeNull().ShouldContain("asks for 6 nodes");
        Alter("delay none cascade 2");
        bench.RunUntil(() => Now().Standby.Delayed.Count == 0 && Now().Standby.Feeds.Count == 2, 5000);
        Alter("cascade 0");
        bench.RunUntil(() => Now().Standby.IsEmpty && Now().Learners.Count == 0, 5000);
        Now().InSync.ShouldBe(Ns(1, 2, 3));
    }

    private static (SupervisorBench Bench, GroupId Group) Bench(string words, int nodes, int holders = 0)
    {
        var bench = new SupervisorBench(nodes);
        var group = Create(bench.Machine, words, [.. Enumerable.Range(1, holders > 0 ? holders : nodes)]);
        return (bench.Started(), group);
    }

    private static GroupId Create(ControlMachine machine, string words, params int[] nodes)
    {
        machine.Do(new CreateKeyspace($"ks{machine.Map.Keyspaces.Count}", -1, Policy(words), [Ns(nodes)])).ShouldBeNull();
        return machine.Map.Keyspaces[^1].Groups.Single();
    }

    private static Policy Policy(string words)
    {
        PolicyText.TryParse([.. $"strategy primary {words}".Split(' ')], out var policy, out var why).ShouldBeTrue(why);
        return policy!;
    }
}
