using Quorate.Strategies.MultiLeader;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.MultiLeader;

/// <summary>Members that are far from each other and take writes all the time.</summary>
public sealed class DistanceTests
{
    private const int OneWayTicks = 5;

    private readonly MultiLeaderWorld _world = MultiLeaderWorld.Of(3);
    private readonly Queue<(long Due, Envelope Envelope)> _way = new();
    private long _tick;
    private int _next;

    [Fact]
    public void A_member_that_was_cut_off_catches_up_while_all_go_on_writing()
    {
        foreach (var node in _world.World.Nodes.Values) node.SyncsAtOnce = true;
        Run(100);
        Run(1000, cut: 3);
        var written = _next;
        Run(200);
        for (var node = 1; node <= 3; node++)
            for (var maker = 1; maker <= 3; maker++)
                int.Parse(_world.Peek(node, $"GET r{maker}")!)
                    .ShouldBeGreaterThanOrEqualTo(written, $"of n{maker} at n{node}: {_world[node]}");
    }

    private void Run(int ticks, int cut = 0)
    {
        for (var i = 0; i < ticks; i++)
        {
            _tick++;
            _next++;
            foreach (var node in _world.World.Nodes.Keys) _world.Do(node.Value, $"SET r{node.Value} {_next}");
            Carry(cut);
            _world.World.TickAll();
            Carry(cut);
        }
    }

    private void Carry(int cut)
    {
        foreach (var envelope in _world.World.Network.ToList())
        {
            _world.World.Network.Remove(envelope);
            if (envelope.From.Value != cut && envelope.To.Value != cut) _way.Enqueue((_tick + OneWayTicks, envelope));
        }

        while (_way.TryPeek(out var next) && next.Due <= _tick)
        {
            _way.Dequeue();
            if (next.Envelope.From.Value != cut && next.Envelope.To.Value != cut) _world.World.Deliver(next.Envelope);
        }
    }
}
