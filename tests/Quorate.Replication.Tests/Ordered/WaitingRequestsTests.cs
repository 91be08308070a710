using Quorate.Replication.Ordered;

namespace Quorate.Replication.Tests.Ordered;

public sealed class WaitingRequestsTests
{
    private static readonly Outcome Cut = Outcome.Unknown("cut");

    private readonly WaitingRequests<Term> _waiting = new();
    private readonly FrameLog<Term> _log = new();
    private readonly Outcomes _outcomes = new();

    [Fact]
    public void A_request_is_taken_once_at_the_index_it_waits_for()
    {
        for (var i = 1; i <= 200; i++) _waiting.Add(new(i), new(i % 3 == 0 ? 0 : i));
        for (var i = 1; i <= 200; i++) _waiting.Take(new(i)).Value.ShouldBe(i % 3 == 0 ? 0 : i);
        _waiting.Take(new(1)).IsNone.ShouldBeTrue();
        _waiting.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_request_whose_entry_was_truncated_is_answered_when_that_very_entry_is_committed_after_all()
    {
        Append(term: 2, request: 1);
        _waiting.KeepFrom(new(1), _log);
        _waiting.IsEmpty.ShouldBeTrue();
        Take(1, 2, default).ShouldBe(new RequestId(1));
        _waiting.TruncatedCount.ShouldBe(0);
    }

    [Fact]
    public void A_request_whose_entry_was_truncated_is_told_that_it_lost_when_another_entry_is_committed_there()
    {
        Append(term: 2, request: 1);
        Append(term: 2, request: 2);
        _waiting.KeepFrom(new(1), _log);
        Take(1, 3, new NodeId(5)).IsNone.ShouldBeTrue();
        // The second cannot be in a log that has an entry of a later term before it.
        _outcomes.Told.ShouldBe(["r1 NotLeader", "r2 NotLeader"]);
    }

    [Fact]
    public void A_request_whose_entry_was_truncated_waits_on_while_an_older_entry_is_committed()
    {
        Append(term: 1, request: 0);
        Append(term: 2, request: 2);
        _waiting.KeepFrom(new(2), _log);
        Take(1, 2, default);
        _outcomes.Told.ShouldBeEmpty();
        _waiting.TruncatedCount.ShouldBe(1);
    }

    [Fact]
    public void Requests_from_an_index_on_are_ended_and_earlier_ones_stay()
    {
        for (var i = 1; i <= 3; i++) _waiting.Add(new(i), new(i));
        _waiting.EndFrom(new(2), Cut, _outcomes);
        _outcomes.Told.ShouldBe(["r2 Unknown", "r3 Unknown"]);
        _waiting.Take(new(1)).ShouldBe(new RequestId(1));
        _waiting.Add(new(2), new(9));
        _waiting.Take(new(2)).ShouldBe(new RequestId(9));
    }

    [Fact]
    public void All_requests_are_ended_at_once()
    {
        for (var i = 5; i <= 7; i++) _waiting.Add(new(i), new(i));
        _waiting.EndAll(Cut, _outcomes);
        _outcomes.Told.ShouldBe(["r5 Unknown", "r6 Unknown", "r7 Unknown"]);
        _waiting.IsEmpty.ShouldBeTrue();
    }

    /// <summary>As the applier does it.</summary>
    private RequestId Take(long index, long term, NodeId hint) =>
        _waiting.Decide(new(index), new(term), _waiting.Take(new(index)), _outcomes, hint);

    private void Append(long term, long request) =>
        _waiting.Add(_log.Append(new Term(term), EntryKind.Command, [1]), new RequestId(request));
}
