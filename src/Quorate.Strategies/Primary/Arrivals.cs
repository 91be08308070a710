using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>
/// When entries arrived at a replica that stays behind on purpose: what an operator did by mistake can still be found
/// there. One note a tick at most, so they are few; entries read back from the journal count as arrived at the start.
/// </summary>
internal sealed class Arrivals(PrimaryOptions options)
{
    private readonly List<(LogIndex Last, long At)> _notes = [];

    public void Note(LogIndex last, StepTime now)
    {
        if (options.DelayMilliseconds == 0) return;
        if (_notes.Count > 0 && now.Nanoseconds - _notes[^1].At < PrimaryOptions.TickNanoseconds)
        {
            // A little later than it was: the delay is a lower bound.
            if (last > _notes[^1].Last) _notes[^1] = (last, now.Nanoseconds);
            return;
        }

        if (_notes.Count == 0 || last > _notes[^1].Last) _notes.Add((last, now.Nanoseconds));
    }

    public void TruncateFrom(LogIndex from)
    {
        for (var i = _notes.Count - 1; i >= 0 && _notes[i].Last >= from; i--)
        {
            _notes[i] = (from.Previous, _notes[i].At);
            if (i > 0 && _notes[i - 1].Last >= from.Previous) _notes.RemoveAt(i);
        }
    }

    public void JumpTo(LogIndex index) => _notes.RemoveAll(n => n.Last <= index);

    /// <summary>How far committed entries may be applied now.</summary>
    public LogIndex LimitOf(LogIndex commitIndex, EpochLog log, StepTime now)
    {
        if (options.DelayMilliseconds == 0) return commitIndex;
        var limit = default(LogIndex);
        var ripe = 0;
        while (ripe < _notes.Count && now.Nanoseconds - _notes[ripe].At >= options.DelayNanoseconds) limit = _notes[ripe++].Last;
        // The last ripe note stays: it says how far the entries may be applied that are not committed yet.
        if (ripe > 1) _notes.RemoveRange(0, ripe - 1);
        if (log.Bytes > options.MaxLagBytes) limit = LogIndex.Max(limit, log.FirstWithin(options.MaxLagBytes).Previous);
        return LogIndex.Min(limit, commitIndex);
    }
}
