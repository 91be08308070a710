using Quorate.Replication;

namespace Quorate.Replication.Tests;

public sealed class IdentitiesTests
{
    [Fact]
    public void Terms_indexes_and_points_are_ordered_by_their_numbers()
    {
        (new Term(2) > new Term(1)).ShouldBeTrue();
        (new LogIndex(2) - new LogIndex(5)).ShouldBe(-3);
        LogIndex.Max(new LogIndex(2), new LogIndex(5)).ShouldBe(new LogIndex(5));
        (default(PersistPoint) <= new PersistPoint(0)).ShouldBeTrue();
        new NodeId(3).CompareTo(new NodeId(1)).ShouldBePositive();
    }

    [Fact]
    public void A_violated_invariant_names_the_rule_and_the_condition()
    {
        var one = 1;
        Should.Throw<InvariantViolation>(() => Invariant.Require(one == 2, "one is two")).Message.ShouldContain("one is two");
    }
}
