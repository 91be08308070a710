using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Tests.Control;

/// <summary>Commands from dice: sensible ones, and ones that must be refused.</summary>
internal static class RandomCommands
{
    private static readonly Policy[] Some =
    [
        PolicyDefaults.For(Strategy.Raft), PolicyDefaults.For(Strategy.Primary), PolicyDefaults.For(Strategy.Chain),
        PolicyDefaults.For(Strategy.Primary) with { Ack = Ack.SemiSync, AckBackups = 1 },
        PolicyDefaults.For(Strategy.Primary) with { Ack = Ack.Majority },
        PolicyDefaults.For(Strategy.Primary) with { Ack = Ack.Async, Reads = ReadConsistency.Bounded, BoundMilliseconds = 70 },
        PolicyDefaults.For(Strategy.Primary, 2) with { Spread = "zone" },
        PolicyDefaults.For(Strategy.Primary) with { Delayed = 1, DelayMilliseconds = 60_000, Cascaded = 1 },
    ];

    public static ControlCommand Next(ClusterMap map, Prng dice)
    {
        var node = new NodeId(1 + dice.Below(9));
        var name = dice.Chance(800) ? $"k{dice.Below(6)}" : $"{dice.Below(16)}";
        var group = map.Groups[dice.Below(map.Groups.Count)];
        var expected = dice.Chance(900) ? group.Epoch : group.Epoch.Next;
        switch (dice.Below(13))
        {
            case 0: return new Bootstrap([.. Enumerable.Range(1, 3).Select(i => MapBuilder.Entry(i, $"z{i}"))]);
            case 1:
                return new AddNode(
                    node, $"name{dice.Below(12)}", "a:1", "b:2", "",
                    new NodeLabels("p", dice.Chance(500) ? null : "r", $"z{dice.Below(3)}"));
            case 2: return new SetLabels(node, new NodeLabels(null, null, dice.Chance(900) ? "z9" : ""));
            case 3: return new AdmitNode(node);
            case 4: return new DrainNode(node);
            case 5: return new RemoveNode(node);
            case 6 or 7:
                var policy = Some[dice.Below(Some.Length)];
                return new CreateKeyspace(
                    name, dice.Chance(700) ? -1 : dice.Below(17), policy,
                    [.. Enumerable.Range(0, 1 + dice.Below(2)).Select(_ => Nodes(dice, policy.Holders))]);
            case 8: return new AlterKeyspace(name, Some[dice.Below(Some.Length)] with { Replicas = dice.Chance(800) ? 3 : 4 });
            case 9: return new DropKeyspace(name);
            case 10:
                var members = group.Configuration.Members.ToList();
                var inSync = members.Where(_ => dice.Chance(800)).ToList();
                var learners = members.Except(inSync)
                    .Where(_ => dice.Chance(700)).Concat(dice.Chance(300) ? [node] : []).Distinct().ToList();
                var leader = dice.Chance(200) ? default : dice.Chance(800) ? group.Configuration.Leader : node;
                return new SetConfiguration(group.Id, expected, new GroupConfiguration(expected.Next, leader, inSync, learners)
                {
                    Standby = learners.Count > 1 && dice.Chance(300)
                        ? new Standby(
                            [learners[0]],
                            [new Feed(learners[^1], dice.Chance(500) && leader != learners[^1] ? leader : default)])
                        : Standby.Nobody,
                }, dice.Chance(300));
            case 11: return dice.Chance(500) ? new Seal(group.Id, expected) : new Settle(group.Id, expected);
            default: return new SetDefaultPolicy(Some[dice.Below(Some.Length)]);
        }
    }

    private static NodeId[] Nodes(Prng dice, int count)
    {
        var nodes = Enumerable.Range(1, 8).Select(i => new NodeId(i)).ToList();
        while (nodes.Count > count) nodes.RemoveAt(dice.Below(nodes.Count));
        return [.. nodes];
    }
}
