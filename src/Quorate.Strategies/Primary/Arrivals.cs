using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>
/// When entries arrived at a replica that stays behind on purpose: what an operator did by mistake can still be found
/// there. Entries that arrive close together share a note, so that there are never more than a thousand; those read back from the
/// journal, and those that were here when the delay began, count as arrived then.
/// </summary>
internal sealed class Arrivals
{
    /// <summary>Notes within one delay.</summary>
    private const int MostNotes = 1000;

    private readonly List<(LogIndex Last, long Began, long At)> _notes = [];
    private long _delay;
    private LogIndex _ripe;
    private LogIndex _early;

    /// <summary>This replica applies an entry only this long after it arrived; 0: at once.</summary>
    public long DelayNanoseconds => _delay;

    /// <summary>Something was applied before its time, because the log kept for it had become too long, and that time has not
    /// come yet.</summary>
    public bool IsCutShort => _delay > 0 && _ripe < _early;

    /// <summary>Takes up the delay that a configuration gives this replica.</summary>
    /// <param name="last">The last entry there is.</param>
    public void Follow(GroupConfiguration? configuration, NodeId self, LogIndex last, StepTime now)
    {
        var isDelayed = configuration is not null && configuration.Standby.Delayed.Contains(self);
        var delay = (isDelayed ? configuration!.Rule?.DelayMilliseconds ?? 0 : 0) * StepTime.NanosecondsPerMillisecond;
        if (delay == _delay) return;
        var begins = _delay == 0;
        _delay = delay;
        if (delay == 0) (_ripe, _early) = (default, default);
        if (delay == 0) _notes.Clear();
        else if (begins) Note(last, now);
    }

    public void Note(LogIndex last, StepTime now)
    {
        if (_delay == 0 || (_notes.Count > 0 && last <= _notes[^1].Last)) return;
        // A little later than it was: the delay is a lower bound. But never later than a note's own length after it began,
        // or a stream of entries without a gap would never be applied.
        var length = Math.Max(PrimaryOptions.TickNanoseconds, _delay / MostNotes);
        if (_notes.Count > 0 && now.Nanoseconds - _notes[^1].Began < length)
            _notes[^1] = (last, _notes[^1].Began, now.Nanoseconds);
        else _notes.Add((last, now.Nanoseconds, now.Nanoseconds));
    }

    public void TruncateFrom(LogIndex from)
    {
        (_ripe, _early) = (LogIndex.Min(_ripe, from.Previous), LogIndex.Min(_early, from.Previous));
        for (var i = _notes.Count - 1; i >= 0 && _notes[i].Last >= from; i--)
        {
            if (i > 0 && _notes[i - 1].Last >= from.Previous) _notes.RemoveAt(i);
            else _notes[i] = _notes[i] with { Last = from.Previous };
        }
    }

    public void JumpTo(LogIndex index) => _notes.RemoveAll(n => n.Last <= index);

    /// <summary>How far committed entries may be applied now. When the log kept for it exceeds
    /// <see cref="PrimaryOptions.MaxLagBytes"/>, the oldest of it may be applied sooner.</summary>
    public LogIndex LimitOf(LogIndex commitIndex, FrameLog<Epoch> log, long maxLagBytes, StepTime now)
    {
        if (_delay == 0) return commitIndex;
        var limit = default(LogIndex);
        var ripe = 0;
        while (ripe < _notes.Count && now.Nanoseconds - _notes[ripe].At >= _delay) limit = _notes[ripe++].Last;
        // The last ripe note stays: it says how far the entries may be applied that are not committed yet.
        if (ripe > 1) _notes.RemoveRange(0, ripe - 1);
        _ripe = LogIndex.Max(_ripe, limit);
        if (log.Bytes > maxLagBytes) limit = LogIndex.Max(limit, log.FirstWithin(maxLagBytes).Previous);
        limit = LogIndex.Min(limit, commitIndex);
        _early = LogIndex.Max(_early, limit);
        return limit;
    }
}
