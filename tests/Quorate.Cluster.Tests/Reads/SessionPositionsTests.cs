using Quorate.Cluster.Reads;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Reads;

public sealed class SessionPositionsTests
{
    private static readonly GroupId Group = new(5);

    private static HistoryPoint Point(long epoch, long index) => new(new Epoch(epoch), new LogIndex(index));

    [Fact]
    public void A_token_says_all_that_was_noted_and_gives_it_back()
    {
        var positions = new SessionPositions();
        positions.ToString().ShouldBe("none");
        positions.Note(new GroupId(9), Point(2, 7));
        positions.Note(Group, Point(3, 100));
        positions.Note(Group, Point(3, 90));
        positions.Note(Group, Point(4, 105));
        positions.Note(Group, default);
        positions.ToString().ShouldBe("g5.3.100,g5.4.105,g9.2.7");
        var other = new SessionPositions();
        other.Note(Group, Point(4, 200));
        other.TryMerge(positions.ToString()).ShouldBeTrue();
        other.TryMerge("none").ShouldBeTrue();
        other.ToString().ShouldBe("g5.3.100,g5.4.200,g9.2.7");
        other.Groups.ShouldBe([Group, new GroupId(9)]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("g5")]
    [InlineData("5.1.1")]
    [InlineData("g0.1.1")]
    [InlineData("g5.1.0")]
    [InlineData("g5.-1.1")]
    [InlineData("g5.1.1,")]
    [InlineData("g5.1.99999999999999999999")]
    [InlineData("g5.1.1,nonsense")]
    public void What_is_no_token_changes_nothing(string text)
    {
        var positions = new SessionPositions();
        positions.TryMerge(text).ShouldBeFalse();
        positions.Count.ShouldBe(0);
    }

    [Fact]
    public void It_does_not_grow_without_bound()
    {
        var positions = new SessionPositions();
        for (var epoch = 1; epoch < 1000; epoch++) positions.Note(Group, Point(epoch, epoch));
        positions.Count.ShouldBeLessThan(10);
        positions.Of(Group).Last().ShouldBe(Point(999, 999));
        var merged = true;
        for (var group = 1; group < 10_000 && merged; group++) merged = positions.TryMerge($"g{group}.1.1");
        merged.ShouldBeFalse();
        positions.Count.ShouldBeLessThanOrEqualTo(2 * SessionPositions.Most);
    }

    /// <summary>1. The session saw entry 5 of epoch 1, acknowledged by one node alone. 2. The next primary, without it, makes
    /// another entry 5. 3. By its index alone the state would seem to have what the session wrote.</summary>
    [Fact]
    public void A_point_that_a_later_epoch_replaced_is_lost_and_stays_lost_behind_later_points()
    {
        var seen = Point(1, 5);
        seen.Under(reached: Point(2, 9), here: new Epoch(2)).ShouldBe(Standing.Lost);
        seen.Under(reached: Point(2, 4), here: default)
            .ShouldBe(Standing.Lost, "behind entries of epoch 2 comes none of epoch 1");
        seen.Under(reached: Point(1, 4), here: default).ShouldBe(Standing.Behind);
        seen.Under(reached: Point(3, 9), here: new Epoch(1)).ShouldBe(Standing.Contains);
        Point(2, 5)
            .Under(reached: Point(1, 7), here: new Epoch(1))
            .ShouldBe(Standing.Behind, "an old primary's own entry, soon replaced");

        var positions = new SessionPositions();
        positions.Note(Group, seen);
        positions.Note(Group, Point(2, 8));
        positions.In(new FixedHistory(Point(2, 9), [(1, 1), (5, 2)]), Group).ShouldBe(Standing.Lost);
        positions.In(new FixedHistory(Point(2, 9), [(1, 1), (6, 2)]), Group).ShouldBe(Standing.Contains);
        positions.In(new FixedHistory(Point(2, 7), [(1, 1), (6, 2)]), Group).ShouldBe(Standing.Behind);
        positions.Replace(Group, Point(2, 9));
        positions.ToString().ShouldBe("g5.2.9");
    }

    private sealed class FixedHistory(HistoryPoint reached, (long First, long Epoch)[] runs) : IHistory
    {
        public HistoryPoint Reached => reached;

        public bool HasState => true;

        public bool IsCommitted => true;

        public Standing Of(in HistoryPoint point)
        {
            var index = point.Index.Value;
            return point.Under(reached, new Epoch(runs.Last(r => r.First <= index).Epoch));
        }
    }
}
