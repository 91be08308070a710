using Quorate.Cluster.Reads;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Reads;

public sealed class PeerScoresTests
{
    private readonly PeerScores _scores = new();
    private readonly List<(NodeId Peer, long SentAt)> _probes = [];
    private long _milliseconds = 1000;

    private StepTime Now => new(_milliseconds * StepTime.NanosecondsPerMillisecond, 0);

    private NodeId Choose(params (int Peer, int Distance)[] candidates) =>
        _scores.Choose(candidates.Select(c => (new NodeId(c.Peer), c.Distance)).ToArray(), Now);

    /// <summary>Time passes; every peer answers after the given number of milliseconds, those without one never.</summary>
    private void Run(int milliseconds, params (int Peer, int Latency)[] answering)
    {
        for (var end = _milliseconds + milliseconds; _milliseconds < end;)
        {
            _milliseconds += 10;
            foreach (var peer in _scores.OnTick(Now)) _probes.Add((peer, Now.Nanoseconds));
            foreach (var (peer, latency) in answering)
            {
                foreach (var probe in _probes
                    .Where(p => p.Peer.Value == peer
                        && Now.Nanoseconds - p.SentAt >= latency * StepTime.NanosecondsPerMillisecond)
                    .ToList())
                {
                    _probes.Remove(probe);
                    _scores.OnProbeAnswered(
                        probe.Peer, probe.SentAt,
                        new StepTime(
                            Math.Max(
                                probe.SentAt + (latency * StepTime.NanosecondsPerMillisecond),
                                Now.Nanoseconds - (10 * StepTime.NanosecondsPerMillisecond)),
                            0));
                }
            }
        }
    }

    [Fact]
    public void The_nearest_is_chosen_whatever_it_has_to_do()
    {
        _scores.Of(new NodeId(3)).Outstanding = 100;
        for (var i = 0; i < 10; i++) Choose((1, 2), (2, 1), (3, 0)).ShouldBe(new NodeId(3));
    }

    [Fact]
    public void Equals_take_turns()
    {
        var chosen = Enumerable.Range(0, 300).Select(_ => Choose((1, 2), (2, 2), (3, 2)).Value).CountBy(n => n).ToDictionary();
        chosen.Values.ShouldAllBe(n => n == 100);
    }

    [Fact]
    public void Who_has_the_least_to_do_comes_first()
    {
        _scores.Of(new NodeId(1)).Outstanding = 2;
        _scores.Of(new NodeId(3)).Outstanding = 1;
        for (var i = 0; i < 5; i++) Choose((1, 2), (2, 2), (3, 2)).ShouldBe(new NodeId(2));
    }

    [Fact]
    public void A_slower_peer_gets_a_share_by_its_latency()
    {
        Choose((1, 2), (2, 2));
        Run(3000, (1, 1), (2, 12));
        // Each keeps what it is given: those with the lower cost get more.
        for (var i = 0; i < 90; i++) _scores.Of(Choose((1, 2), (2, 2))).Outstanding++;
        _scores.Of(new NodeId(1)).Outstanding.ShouldBeGreaterThan(3 * _scores.Of(new NodeId(2)).Outstanding);
        _scores.Of(new NodeId(2)).Outstanding.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_silent_peer_is_put_aside_within_a_second_and_comes_back_when_it_answers()
    {
        Choose((1, 2), (2, 2));
        Run(1000, (1, 1), (2, 1));
        _scores.IsEjected(new NodeId(2)).ShouldBeFalse();
        Run(400, (1, 1));
        _scores.IsEjected(new NodeId(2)).ShouldBeTrue();
        _scores.Ejections.ShouldBe(1);
        for (var i = 0; i < 10; i++) Choose((1, 2), (2, 0)).ShouldBe(new NodeId(1), "even from farther away");
        Run(5000, (1, 1));
        _probes.Count(p => p.Peer.Value == 2).ShouldBeInRange(10, 60, "a trickle");
        Run(300, (1, 1), (2, 1));
        _scores.IsEjected(new NodeId(2)).ShouldBeFalse("what it answers late only says that it is there; the next probe tells");
        _scores.Ejections.ShouldBe(1);
    }

    [Fact]
    public void A_peer_much_slower_than_its_equals_is_put_aside_until_it_is_fast_again()
    {
        Choose((1, 2), (2, 2), (3, 2));
        Run(1000, (1, 1), (2, 1), (3, 1));
        Run(1000, (1, 1), (2, 150), (3, 1));
        _scores.IsEjected(new NodeId(2)).ShouldBeTrue();
        _scores.IsEjected(new NodeId(1)).ShouldBeFalse();
        Run(4000, (1, 1), (2, 1), (3, 1));
        _scores.IsEjected(new NodeId(2)).ShouldBeFalse();
    }

    [Fact]
    public void Distance_is_no_slowness()
    {
        Choose((1, 0), (2, 2));
        Run(3000, (1, 1), (2, 150));
        _scores.IsEjected(new NodeId(2)).ShouldBeFalse();
    }

    [Fact]
    public void A_peer_that_the_host_cannot_reach_gets_nothing_until_it_can()
    {
        Choose((1, 2), (2, 2));
        _scores.OnCircuit(new NodeId(2), isOpen: true);
        Run(1000, (1, 1), (2, 1));
        for (var i = 0; i < 10; i++) Choose((1, 2), (2, 0)).ShouldBe(new NodeId(1));
        _scores.OnCircuit(new NodeId(2), isOpen: false);
        Choose((1, 2), (2, 0)).ShouldBe(new NodeId(2));
        _scores.Ejections.ShouldBe(1);
    }

    [Fact]
    public void When_all_are_put_aside_the_best_of_them_is_tried()
    {
        Choose((1, 2), (2, 2));
        Run(1000);
        _scores.Peers.ShouldAllBe(p => p.IsEjected);
        Choose((1, 2), (2, 2)).IsNone.ShouldBeFalse();
        Choose().ShouldBe(NodeId.None);
    }

    [Fact]
    public void A_node_that_was_stopped_itself_does_not_blame_its_peers()
    {
        Choose((1, 2), (2, 2));
        Run(1000, (1, 1), (2, 1));
        _milliseconds += 5000;
        Run(10, (1, 1), (2, 1));
        _scores.Peers.ShouldAllBe(p => !p.IsEjected);
    }

    [Fact]
    public void Peers_that_nobody_reads_from_are_left_alone()
    {
        Choose((1, 2), (2, 2));
        Run(11_000, (1, 1), (2, 1));
        _probes.Clear();
        Run(2000);
        _probes.ShouldBeEmpty();
        _scores.Peers.ShouldAllBe(p => !p.IsEjected);
    }
}
