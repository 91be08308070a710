using Quorate.Replication;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.MultiLeader;

/// <summary>A control plane that never fails: one configuration, told again and again, changed by wishes and by an
/// operator.</summary>
internal sealed class TinyControl(MultiLeaderWorld world, GroupConfiguration first)
{
    private GroupConfiguration _configuration = first;

    public int Changes { get; private set; }

    /// <summary>Who is in sync and counts.</summary>
    public IReadOnlyList<int> Members => [.. _configuration.InSync.Select(n => n.Value)];

    public void Tell(TestNode node)
    {
        if (node.IsUp && (_configuration.Contains(node.Id) || MultiLeaderWorld.Replica(node).Configuration is not null))
            world.Configure(node, _configuration);
    }

    public void TakeWishes()
    {
        foreach (var node in world.World.Nodes.Values)
        {
            if (!node.IsUp
                || MultiLeaderWorld.Replica(node).Wanted is not { } wanted || wanted.Epoch != _configuration.Epoch.Next)
                continue;
            _configuration = wanted;
            Changes++;
        }
    }

    /// <summary>Takes a drained member out, or lets one that is out come back as a learner.</summary>
    public void ChangeOne(Prng dice)
    {
        var node = world[1 + dice.Below(world.World.Nodes.Count)];
        if (!node.IsUp) return;
        if (!_configuration.Contains(node.Id))
        {
            _configuration = _configuration with
            {
                Epoch = _configuration.Epoch.Next,
                Learners = [.. _configuration.Learners, node.Id],
            };
            Changes++;
        }
        else if (_configuration.InSync.Contains(node.Id)
            && _configuration.InSync.Count > 2 && MultiLeaderWorld.Replica(node).IsDrained)
        {
            _configuration = _configuration with
            {
                Epoch = _configuration.Epoch.Next,
                InSync = [.. _configuration.InSync.Where(n => n != node.Id)],
            };
            Changes++;
        }
    }
}
