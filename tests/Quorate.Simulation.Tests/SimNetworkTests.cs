using Quorate.Replication;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Tests;

public class SimNetworkTests
{
    private static readonly NodeId A = new(1);
    private static readonly NodeId B = new(2);
    private readonly World _world = new(3);
    private readonly List<byte> _arrived = [];
    private readonly SimNetwork _network;

    public SimNetworkTests() => _network = new SimNetwork(_world, new Prng(3), 2, (_, _, frame, _) => _arrived.Add(frame[0]));

    private void Send(int count)
    {
        for (var i = 0; i < count; i++) _network.Send(A, B, [(byte)i]);
    }

    private void RunAll()
    {
        var until = _world.Now + World.Second * 100;
        while (_world.Step(until))
        {
        }
    }

    [Fact]
    public void A_good_link_loses_nothing_and_keeps_the_order()
    {
        Send(200);
        RunAll();
        _arrived.ShouldBe(Enumerable.Range(0, 200).Select(i => (byte)i));
    }

    [Fact]
    public void Loss_duplication_and_reordering_happen_when_asked_for()
    {
        var link = _network[A, B];
        (link.LossPerMille, link.DuplicationPerMille, link.ReorderPerMille) = (200, 200, 200);
        Send(200);
        RunAll();
        _arrived.Distinct().Count().ShouldBeInRange(100, 199);
        _arrived.Count.ShouldBeGreaterThan(_arrived.Distinct().Count());
        _arrived.SequenceEqual(_arrived.Order()).ShouldBeFalse();
    }

    [Fact]
    public void A_cut_is_one_way_and_ends()
    {
        _network.Cut(A, B, holds: false);
        Send(3);
        _network.Send(B, A, [99]);
        RunAll();
        _arrived.ShouldBe([99]);
        _network.Heal(A, B);
        Send(1);
        RunAll();
        _arrived.ShouldBe([99, 0]);
    }

    [Fact]
    public void A_holding_cut_delivers_late()
    {
        _network.Cut(A, B, holds: true);
        Send(3);
        RunAll();
        _arrived.ShouldBeEmpty();
        _network.Heal(A, B);
        RunAll();
        _arrived.ShouldBe([0, 1, 2]);
    }
}
