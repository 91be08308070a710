using Quorate.Cluster.Control;
using Quorate.Replication;
using static Quorate.Cluster.Tests.Control.MapBuilder;

namespace Quorate.Cluster.Tests.Control;

public sealed class FailureDetectorTests
{
    private const long Ms = StepTime.NanosecondsPerMillisecond;

    private readonly ControlOptions _options = new();
    private readonly FailureDetector _detector;
    private long _now = 1_000_000 * Ms;

    public FailureDetectorTests()
    {
        _detector = new FailureDetector(_options);
        _detector.Begin(_now);
    }

    [Fact]
    public void A_node_that_beats_is_not_suspected_and_one_that_stops_is()
    {
        Beat(5000);
        _detector.IsSuspected(N(1)).ShouldBeFalse();
        var silent = SilenceUntilSuspected();
        silent.ShouldBeInRange(_options.AcceptablePauseMilliseconds, _options.LeaseMilliseconds * 12 / 10);
    }

    [Fact]
    public void Suspicion_grows_with_silence()
    {
        Beat(5000);
        var last = _detector.Phi(N(1), _now);
        for (var i = 1; i < 60; i++)
        {
            var phi = _detector.Phi(N(1), _now + (i * 10 * Ms));
            phi.ShouldBeGreaterThanOrEqualTo(last);
            last = phi;
        }

        last.ShouldBeGreaterThan(_options.SuspicionThreshold);
    }

    [Fact]
    public void An_irregular_node_is_given_more_time()
    {
        Beat(5000);
        var regular = SilenceUntilSuspected();
        var other = new FailureDetectorTests();
        var dice = new Prng(3);
        for (var i = 0; i < 100; i++) other.Beat(100 + dice.Below(300), 100 + dice.Below(300));
        other.SilenceUntilSuspected().ShouldBeGreaterThan(regular);
    }

    [Fact]
    public void A_lost_heartbeat_or_two_are_no_death()
    {
        Beat(5000);
        Silence(290);
        Beat(300);
        _detector.IsSuspected(N(1)).ShouldBeFalse();
    }

    [Fact]
    public void A_node_that_was_never_heard_is_suspected_too()
    {
        SilenceUntilSuspected().ShouldBeLessThan(_options.LeaseMilliseconds * 12 / 10);
        _detector.WasHeard(N(1)).ShouldBeFalse();
    }

    [Fact]
    public void The_first_heartbeat_of_all_ends_the_suspicion_that_nobody_was_there()
    {
        SilenceUntilSuspected();
        Silence(5000);
        Beat(100);
        _detector.IsSuspected(N(1)).ShouldBeFalse();
        SilenceUntilSuspected();
        Beat(100);
        _detector.IsSuspected(N(1)).ShouldBeTrue("from then on it has to show that it stays");
    }

    [Fact]
    public void A_node_that_flaps_waits_longer_with_every_relapse_and_is_forgiven_in_the_end()
    {
        Beat(2000);
        var waits = new List<int>();
        for (var i = 0; i < 4; i++)
        {
            SilenceUntilSuspected();
            waits.Add(BeatUntilTrusted());
        }

        for (var i = 1; i < waits.Count; i++) waits[i].ShouldBeGreaterThan(waits[i - 1] + 300);
        Beat(6 * _options.RelapseMemoryMilliseconds);
        SilenceUntilSuspected();
        BeatUntilTrusted().ShouldBeLessThanOrEqualTo(waits[0] + 200);
    }

    [Fact]
    public void A_watcher_that_slept_blames_nobody()
    {
        Beat(5000);
        _now += 30_000 * Ms;
        Tick();
        _detector.IsSuspected(N(1)).ShouldBeFalse();
        SilenceUntilSuspected().ShouldBeGreaterThan(200);
    }

    [Fact]
    public void A_stalled_disk_makes_a_node_slow_and_a_single_hiccup_does_not()
    {
        Beat(1000);
        _detector.OnHeartbeat(N(1), _options.SlowDiskMilliseconds, _now);
        _detector.IsSlow(N(1)).ShouldBeFalse();
        Beat(100);
        _detector.OnHeartbeat(N(1), _options.SlowDiskMilliseconds, _now);
        _detector.OnHeartbeat(N(1), _options.SlowDiskMilliseconds, _now);
        _detector.IsSlow(N(1)).ShouldBeTrue();
        Beat(_options.SlowMemoryMilliseconds / 2);
        _detector.IsSlow(N(1)).ShouldBeTrue("it was slow a moment ago");
        Beat(_options.SlowMemoryMilliseconds);
        _detector.IsSlow(N(1)).ShouldBeFalse();
        _detector.OnHeartbeat(N(1), 2 * _options.SlowDiskMilliseconds, _now);
        _detector.IsSlow(N(1)).ShouldBeTrue("once very long is enough");
    }

    [Fact]
    public void A_tick_says_when_a_node_is_judged_otherwise_and_only_then()
    {
        Beat(1000);
        Tick().ShouldBeFalse();
        for (var i = 0; i < 2; i++) _detector.OnHeartbeat(N(1), _options.SlowDiskMilliseconds, _now);
        Tick().ShouldBeTrue("it is slow");
        Tick().ShouldBeFalse();
        var news = 0;
        for (; !_detector.IsSuspected(N(1)); _now += 10 * Ms) news += Tick() ? 1 : 0;
        news.ShouldBe(1, "it is suspected");
    }

    private void Beat(int milliseconds, int interval = 0)
    {
        if (interval == 0) interval = _options.HeartbeatMilliseconds;
        for (var end = _now + (milliseconds * Ms); _now < end;)
        {
            Silence(interval);
            _detector.OnHeartbeat(N(1), 0, _now);
        }
    }

    private void Silence(int milliseconds)
    {
        for (var end = _now + (milliseconds * Ms); _now < end;)
        {
            _now += 10 * Ms;
            Tick();
        }
    }

    private int SilenceUntilSuspected()
    {
        var begin = _now;
        while (!_detector.IsSuspected(N(1)) && _now - begin < 60_000 * Ms) Silence(10);
        return (int)((_now - begin) / Ms);
    }

    private int BeatUntilTrusted()
    {
        var begin = _now;
        while (_detector.IsSuspected(N(1)) && _now - begin < 600_000 * Ms) Beat(100);
        return (int)((_now - begin) / Ms);
    }

    private bool Tick() => _detector.OnTick([N(1)], _now);
}
