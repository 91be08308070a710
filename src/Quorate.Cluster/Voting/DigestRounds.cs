using Quorate.Data;
using Quorate.Replication;

namespace Quorate.Cluster.Voting;

/// <summary>Goes over the whole state, range by range, again and again, as long as this node leads: which range is hashed when.</summary>
internal sealed class DigestRounds(Group group, DivergenceOptions options, VotingFigures figures)
{
    private StateRange _next;
    private long _nextAt = long.MinValue;
    private long _begunAt;
    private bool _isUnderWay;

    /// <summary>This node leads no longer, or anew: what was gone over says nothing of what others did.</summary>
    public void Reset() => _isUnderWay = false;

    /// <summary>The range to be hashed now. False: none is due.</summary>
    public bool TryTake(StepTime now, out StateRange range)
    {
        range = default;
        if (options.PeriodMilliseconds <= 0 || now.Nanoseconds < _nextAt) return false;
        _nextAt = now.Nanoseconds + (options.PeriodMilliseconds * StepTime.NanosecondsPerMillisecond);
        if (!_isUnderWay)
        {
            long keys = 0;
            foreach (var database in group.Machine.Databases) keys += database.Count;
            _next = new StateRange(StateRange.LevelFor(keys, group.Machine.UsedBytes, options.KeysPerRange, options.BytesPerRange), 0);
            _begunAt = now.Nanoseconds;
            _isUnderWay = true;
        }

        range = _next;
        _next = _next.Next;
        if (!range.IsRest) return true;
        _isUnderWay = false;
        figures.Rounds++;
        _nextAt = Math.Max(_nextAt, _begunAt + (options.RoundMilliseconds * StepTime.NanosecondsPerMillisecond));
        return true;
    }
}
