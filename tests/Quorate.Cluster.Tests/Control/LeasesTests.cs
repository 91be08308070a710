using Quorate.Cluster.Control;
using Quorate.Replication;
using static Quorate.Cluster.Tests.Control.MapBuilder;

namespace Quorate.Cluster.Tests.Control;

public sealed class LeasesTests
{
    private static readonly GroupId G = new(17);

    private readonly ControlOptions _options = new() { LeaseMilliseconds = 1000, ClockDriftPerMille = 50 };

    [Fact]
    public void A_lease_is_counted_from_its_receipt_and_longer_by_the_drift()
    {
        var leases = Begun();
        leases.Grant(G, N(1), new(3), Ms(5000));
        leases.MayStillAct(G, N(1), Ms(6050) - 1).ShouldBeTrue();
        leases.MayStillAct(G, N(1), Ms(6050)).ShouldBeFalse();
        leases.MayStillAct(G, N(2), Ms(5000)).ShouldBeFalse();
        leases.Holders(G, Ms(6049)).ShouldBe([N(1)]);
        leases.Holders(G, Ms(6050)).ShouldBeEmpty();
    }

    [Fact]
    public void Right_after_the_election_anybody_may_act()
    {
        var leases = new Leases(_options);
        leases.Begin(Ms(100));
        leases.MayStillAct(G, N(7), Ms(1149)).ShouldBeTrue();
        leases.MayStillAct(G, N(7), Ms(1150)).ShouldBeFalse();
    }

    [Fact]
    public void A_lease_of_an_older_epoch_is_never_extended()
    {
        var leases = Begun();
        leases.Grant(G, N(1), new(3), Ms(5000));
        Should.Throw<InvariantViolation>(() => leases.Grant(G, N(1), new(2), Ms(5100)));
        leases.Grant(G, N(1), new(4), Ms(4000));
        leases.MayStillAct(G, N(1), Ms(6049)).ShouldBeTrue("a later grant does not shorten an earlier one");
    }

    [Fact]
    public void What_has_run_out_is_forgotten()
    {
        var leases = Begun();
        for (var i = 1; i < 100; i++) leases.Grant(G, N(i), new(3), Ms(5000));
        leases.Prune(Ms(7000));
        leases.Holders(G, Ms(5001)).ShouldBeEmpty();
    }

    /// <summary>Exhaustively over drifts within the bound and delays: the node's view of its lease ends first.</summary>
    [Fact]
    public void The_holder_stops_before_the_grantor_counts_it_as_over()
    {
        foreach (var holderRate in (double[])[0.976, 1.0, 1.024])
        {
            foreach (var grantorRate in (double[])[0.976, 1.0, 1.024])
            {
                for (var delay = 0.0; delay <= 900; delay += 100)
                {
                    // Real milliseconds since the heartbeat was sent.
                    var holderStops = _options.LeaseMilliseconds / holderRate;
                    var grantorCounts = delay + (_options.LeaseUntilCertainlyOver / 1e6 / grantorRate);
                    holderStops.ShouldBeLessThanOrEqualTo(grantorCounts);
                }
            }
        }
    }

    private Leases Begun()
    {
        var leases = new Leases(_options);
        leases.Begin(0);
        return leases;
    }

    private static long Ms(long milliseconds) => milliseconds * StepTime.NanosecondsPerMillisecond;
}
