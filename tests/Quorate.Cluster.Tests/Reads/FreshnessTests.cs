using Quorate.Cluster.Reads;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Reads;

public sealed class FreshnessTests
{
    private static StepTime At(long milliseconds) => new(milliseconds * StepTime.NanosecondsPerMillisecond, 0);

    [Fact]
    public void Nothing_is_fresh_before_leave_was_given()
    {
        var freshness = new Freshness();
        freshness.IsWithin(int.MaxValue, At(1)).ShouldBeFalse();
        freshness.OnLeave(long.MinValue); // leave for one key says nothing of the others
        freshness.IsWithin(int.MaxValue, At(1)).ShouldBeFalse();
    }

    [Fact]
    public void Age_counts_from_the_question_not_from_the_answer()
    {
        var freshness = new Freshness();
        freshness.OnLeave(At(1000).Nanoseconds); // the answer came at 1080
        freshness.IsWithin(100, At(1100)).ShouldBeTrue();
        freshness.IsWithin(100, At(1101)).ShouldBeFalse();
    }

    [Fact]
    public void An_answer_to_an_older_question_makes_nothing_older()
    {
        var freshness = new Freshness();
        freshness.OnLeave(At(1000).Nanoseconds);
        freshness.OnLeave(At(900).Nanoseconds);
        freshness.IsWithin(100, At(1100)).ShouldBeTrue();
        freshness.Forget();
        freshness.IsWithin(100, At(1000)).ShouldBeFalse();
    }

    [Fact]
    public void It_is_asked_again_at_half_the_bound_and_not_more_often()
    {
        var freshness = new Freshness();
        freshness.OnLeave(At(1000).Nanoseconds);
        freshness.TryBeginAsking(100, At(1040)).ShouldBeFalse();
        freshness.TryBeginAsking(100, At(1050)).ShouldBeTrue();
        freshness.TryBeginAsking(100, At(1060)).ShouldBeFalse("one question is out");
        freshness.TryBeginAsking(100, At(1100)).ShouldBeTrue("it may be lost");
    }
}
