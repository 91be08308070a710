using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>
/// A replica that the configuration has let go. Its log may end with entries that a fail-over cut off, and nobody will
/// feed it any more who could tell: it asks the primary for the history, and puts what that lacks into the lost-and-found.
/// Before that it must not be forgotten.
/// </summary>
internal sealed class Leaving(
    Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, PrimaryJournal journal, Role role, Past past)
{
    private readonly HistoryQuery _query = new();
    private int _elapsed;
    private bool _hasCompared;

    /// <summary>Nothing that only this replica holds is lost when it is forgotten now.</summary>
    public bool IsDone => _hasCompared || log.LastIndex.Value == 0;

    private bool IsOutside => accepted.Configuration is { } configuration && !configuration.Contains(accepted.Self);

    public void OnEpoch() => _hasCompared &= IsOutside;

    public void OnTick()
    {
        if (!IsOutside || IsDone || accepted.Leader.IsNone || ++_elapsed < accepted.Options.HeartbeatTicks) return;
        _elapsed = 0;
        _query.Epoch = accepted.Configuration!.Epoch;
        step.Out.Send(accepted.Leader, _query, journal.ConfigurationPoint);
    }

    /// <summary>A primary's answer: all of its log counts, committed or not. What it may lose of that it will keep
    /// itself.</summary>
    public void HandleQuery(NodeId from)
    {
        if (role.Serving is null || !accepted.IsDurable) return;
        step.Out.Send(from, new HistoryReply
        {
            Epoch = accepted.Configuration!.Epoch,
            Index = log.LastIndex,
            IndexEpoch = log.LastStamp,
            History = log.EncodeHistory(log.LastIndex),
        });
    }

    public void HandleReply(NodeId from, HistoryReply reply)
    {
        if (!IsOutside || IsDone || from != accepted.Leader) return;
        var isRead = StampRuns<Epoch>.TryDecode(reply.History.Span, reply.Index, reply.IndexEpoch, out var history);
        Invariant.Require(isRead, "the codec checked it");
        var common = log.LastCommon(history!, reply.Index);
        if (common < log.LastIndex) past.GiveUpFrom(common.Next);
        _hasCompared = true;
    }
}
