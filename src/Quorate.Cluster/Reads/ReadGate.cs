using Quorate.Cluster.Hosting;
using Quorate.Replication;

namespace Quorate.Cluster.Reads;

/// <summary>What is to be done with a read on this node.</summary>
internal enum ReadVerdict : byte
{
    /// <summary>The state as it is answers it.</summary>
    Now,

    /// <summary>It must be asked whether, or when, the state may answer it.</summary>
    Ask,

    /// <summary>There is no state here: another replica must answer it.</summary>
    Elsewhere,

    /// <summary>What the session has seen is not in the group's history any more.</summary>
    Lost,
}

/// <summary>Decides for one group on this node whether its state may answer a read of a given consistency now.</summary>
internal sealed class ReadGate(IReadableGroup group, NodeId self)
{
    private readonly Freshness _freshness = new();
    private LogIndex _reachedAtLeave;
    private bool _asks;

    /// <summary>The state here stays behind on purpose.</summary>
    public bool IsDelayed => group.Hosting.Replica.DelayMilliseconds > 0;

    /// <summary>The configuration has let this replica go: no replica feeds it any more, and what it holds stays as old as it
    /// is.</summary>
    public bool IsOutside => group.Configuration is { } configuration && !configuration.Contains(self);

    /// <param name="rule">What the read may return.</param>
    /// <param name="seen">What the connection has seen; null: nothing.</param>
    /// <param name="now">The time of the step.</param>
    public ReadVerdict Judge(in ReadRule rule, SessionPositions? seen, StepTime now)
    {
        if (IsOutside || group.IsDistrusted) return ReadVerdict.Elsewhere;
        // A replica that stays behind on purpose answers only clients that ask for whatever is here.
        if (IsDelayed && rule.Consistency != ReadConsistency.Weak) return ReadVerdict.Elsewhere;
        if (rule.IsNewest) return group.Hosting.Replica.MayReadLocally(now) ? ReadVerdict.Now : ReadVerdict.Ask;
        if (group.Hosting.Replica.History is not { } history)
            return group.Hosting.Replica.MayReadLocally(now) ? ReadVerdict.Now : ReadVerdict.Ask;
        if (!history.HasState)
        {
            _freshness.Forget();
            return ReadVerdict.Elsewhere;
        }

        if (rule.Consistency == ReadConsistency.Weak) return ReadVerdict.Now;
        if (!history.IsCommitted) return ReadVerdict.Ask;
        if (rule.Consistency == ReadConsistency.Eventual) return ReadVerdict.Now;
        if (seen is not null)
        {
            var standing = seen.In(history, group.Hosting.Id);
            // A bounded read promises what is new, and of its own writes those that the group still has.
            if (standing == Standing.Lost && rule.Consistency == ReadConsistency.Session) return ReadVerdict.Lost;
            if (standing == Standing.Behind) return ReadVerdict.Ask;
        }

        if (rule.Consistency == ReadConsistency.Session) return ReadVerdict.Now;
        // A state that was lost and restored from an older snapshot may have been fresh before, not now.
        if (history.Reached.Index < _reachedAtLeave) _freshness.Forget();
        if (group.Hosting.Replica.MayReadLocally(now)) OnLeave(now.Nanoseconds);
        if (!_freshness.IsWithin(rule.BoundMilliseconds, now)) return ReadVerdict.Ask;
        if (!_asks && _freshness.TryBeginAsking(rule.BoundMilliseconds, now))
        {
            // Not now: the replica may be in the middle of a step.
            _asks = true;
            group.Hosting.NeedsTurnEnd();
        }

        return ReadVerdict.Now;
    }

    /// <summary>Leave to read was given to a question that was put at this moment.</summary>
    public void OnLeave(long askedAtNanoseconds)
    {
        if (askedAtNanoseconds <= _freshness.AsOfNanoseconds) return;
        _freshness.OnLeave(askedAtNanoseconds);
        _reachedAtLeave = group.Reached.Index;
    }

    /// <summary>Asks anew how new the state is, if reads have come by that will want to know.</summary>
    public void OnTurnEnd(StepTime now)
    {
        if (!_asks) return;
        _asks = false;
        group.AskForLeave(RequestOwner.Freshness, null, 0, keyHash: 0, now);
    }

    /// <summary>A state that the rule and the session allow was read: what the session has seen now.</summary>
    public void NoteRead(SessionPositions seen)
    {
        if (group.Hosting.Replica.History is not { } history) return;
        if (seen.In(history, group.Hosting.Id) == Standing.Contains) seen.Replace(group.Hosting.Id, history.Reached);
        else seen.Note(group.Hosting.Id, history.Reached);
    }
}
