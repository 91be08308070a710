using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Raft;

/// <summary>[Raft §4.1–4.3]</summary>
public sealed class MembershipTests
{
    [Fact]
    public void A_learner_receives_the_log_and_is_not_counted() // [Raft §4.2.1]
    {
        var (world, leader) = Elected(voters: 3, nodes: 4);
        Change(world, leader, 1, new Configuration(Ids(1, 2, 3), Ids(4)));
        Settle(world);
        leader.Outcomes[1].ShouldBe("Done");
        world.Write(leader, 2, "x");
        world.Stabilize(e => e.To.Value == 4 || e.From.Value == 4);
        leader.Outcomes.ShouldNotContainKey(2);
        world[4].Status().LastIndex.ShouldBe(leader.Status().LastIndex);
        world[4].Status().Role.ShouldBe(RaftRole.Follower);
    }

    [Fact]
    public void A_new_voter_must_have_caught_up_as_a_learner() // [Raft §4.2.1]
    {
        var (world, leader) = Elected(voters: 3, nodes: 4);
        Change(world, leader, 1, new Configuration(Ids(1, 2, 3, 4)));
        leader.Outcomes[1].ShouldBe("Unavailable: n4 must be a learner first, until it has caught up");
        Change(world, leader, 2, new Configuration(Ids(1, 2, 3), Ids(4)));
        world.Stabilize(e => e.To.Value != 4);
        leader.Outcomes[2].ShouldBe("Done");
        Change(world, leader, 3, new Configuration(Ids(1, 2, 3, 4)));
        leader.Outcomes[3].ShouldBe("Unavailable: n4 has not caught up yet");
        Settle(world);
        Change(world, leader, 4, new Configuration(Ids(1, 2, 3, 4)));
        Settle(world);
        leader.Outcomes[4].ShouldBe("Done");
        leader.Status().Configuration.ToString().ShouldBe("n1,n2,n3,n4");
    }

    [Fact]
    public void While_joint_a_decision_needs_both_majorities_and_then_C_new_follows_by_itself() // [Raft §4.3]
    {
        var (world, leader) = Elected(voters: 3, nodes: 5);
        Change(world, leader, 1, new Configuration(Ids(1, 2, 3), Ids(4, 5)));
        Settle(world);
        var keep = leader.Id.Value;
        Change(world, leader, 2, new Configuration(Ids(keep, 4, 5)));
        leader.Status().Configuration.IsJoint.ShouldBeTrue();

        // C_old alone, then C_new alone: neither is enough.
        var old = Ids(1, 2, 3).Where(n => n.Value != keep).ToList();
        var waiting = world.Network.ToList();
        world.Network.Clear();
        foreach (var envelope in waiting.Where(e => old.Contains(e.To))) world.Deliver(envelope);
        world.Stabilize(e => !(e.To.Value is 4 or 5));
        leader.Status().Configuration.IsJoint.ShouldBeTrue();
        leader.Outcomes.ShouldNotContainKey(2);
        foreach (var envelope in waiting.Where(e => e.To.Value is 4 or 5)) world.Deliver(envelope);
        Settle(world);
        leader.Outcomes[2].ShouldBe("Done");
        leader.Status().Configuration.IsJoint.ShouldBeFalse();
        leader.Status().Configuration.Voters.ShouldBe(Ids(keep, 4, 5).OrderBy(n => n.Value));
    }

    [Fact]
    public void A_configuration_counts_from_the_moment_it_is_in_the_log_and_no_longer_when_truncated() // [Raft §4.1]
    {
        var world = RaftWorld.Of(3);
        var log = new FrameLog<Term>();
        log.Append(new(1), EntryKind.Configuration, new Configuration(Ids(1, 2)).Encode());
        var frames = log.Frames(new(1), long.MaxValue, out _).ToArray();
        world.Inject(2, 1, new AppendEntries { Term = new(1), Entries = frames });
        world[1].Status().Configuration.ToString().ShouldBe("n1,n2");
        world.Crash(world[1]);
        world.Start(world[1]);
        world[1].Status().Configuration.ToString().ShouldBe("n1,n2");
        world.Inject(3, 1, new AppendEntries { Term = new(2), Entries = Journals.Frames(1, 2) });
        world[1].Status().Configuration.ToString().ShouldBe("n1,n2,n3");
    }

    [Fact]
    public void One_change_at_a_time() // [Raft §4.3]
    {
        var (world, leader) = Elected(voters: 3, nodes: 4);
        Change(world, leader, 1, new Configuration(Ids(1, 2, 3), Ids(4)));
        Change(world, leader, 2, new Configuration(Ids(1, 2, 3)));
        leader.Outcomes[2].ShouldBe("Unavailable: another change is under way");
    }

    [Fact]
    public void A_change_that_would_stop_the_group_is_refused()
    {
        var (world, leader) = Elected(voters: 3, nodes: 3);
        var other = world.Nodes.Values.First(n => n != leader);
        world.Crash(other);
        for (var i = 0; i < 35; i++)
        {
            world.TickAll();
            world.Stabilize();
        }

        Change(world, leader, 1, new Configuration([leader.Id, other.Id]));
        leader.Outcomes[1].ShouldBe("Unavailable: only 1 of 2 voters answer: the group would stop");
    }

    [Fact]
    public void A_leader_that_is_removed_commits_the_change_and_steps_down() // [Raft §4.2.2]
    {
        var (world, leader) = Elected(voters: 3, nodes: 3);
        var rest = world.Nodes.Keys.Where(n => n != leader.Id).ToList();
        Change(world, leader, 1, new Configuration(rest));
        world.Stabilize();
        leader.Outcomes[1].ShouldBe("Done");
        leader.Replica.IsLeader.ShouldBeFalse();
        var next = rest.Select(n => world.Nodes[n]).Single(n => n.Replica.IsLeader);
        world.Write(next, 2, "x");
        world.Stabilize();
        next.Outcomes[2].ShouldBe("Applied");
    }

    [Fact]
    public void A_new_leader_finishes_a_change_that_it_finds_joint() // [Raft §4.3]
    {
        var (world, leader) = Elected(voters: 3, nodes: 3);
        var rest = world.Nodes.Keys.Where(n => n != leader.Id).ToList();
        Change(world, leader, 1, new Configuration(rest));
        foreach (var envelope in world.Network.ToList()) world.Deliver(envelope);
        world.Network.Clear();
        world.Crash(leader);
        rest.ShouldAllBe(n => world.Nodes[n].Status().Configuration.IsJoint);
        var next = world.ElectAny();
        Settle(world);
        next.Status().Configuration.Voters.ShouldBe(rest);
    }

    [Fact]
    public void A_configuration_survives_its_bytes_and_nothing_else_passes_for_one()
    {
        var configuration = new Configuration(Ids(1, 3), Ids(4), Ids(1, 2));
        var bytes = configuration.Encode();
        Configuration.TryDecode(bytes, out var back).ShouldBeTrue();
        back.ShouldBe(configuration);
        for (var length = 0; length < bytes.Length; length++)
            Configuration.TryDecode(bytes.AsSpan(0, length), out _).ShouldBeFalse();
        Configuration.TryDecode([0, 0, 0], out _).ShouldBeFalse();
        Configuration.TryDecode([1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0], out _).ShouldBeFalse();
    }

    private static IEnumerable<NodeId> Ids(params int[] ids) => ids.Select(i => new NodeId(i));

    private static (World World, TestNode Leader) Elected(int voters, int nodes)
    {
        var world = new World(new RaftProtocol(voters), nodes);
        world.StartAll();
        world.Campaign(world[1]);
        world.Stabilize();
        world[1].Replica.IsLeader.ShouldBeTrue();
        return (world, world[1]);
    }

    private static void Change(World world, TestNode leader, long id, Configuration next) =>
        world.Request(leader, id, RequestKind.ChangeMembership, next.Encode());

    private static void Settle(World world)
    {
        for (var i = 0; i < 20; i++)
        {
            world.TickAll();
            world.Stabilize();
        }
    }
}
