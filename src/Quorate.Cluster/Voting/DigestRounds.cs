using Quorate.Data;
using Quorate.Replication;

namespace Quorate.Cluster.Voting;

/// <summary>Goes over the whole state, range by range, again and again, as long as this node leads: which range is hashed
/// when.</summary>
internal sealed class DigestRounds(IVotingGroup group, DivergenceOptions options, VotingFigures figures)
{
    private StateRange _next;
    private long _nextAt = long.MinValue;
    private long? _begunAt;
    private long _executed;

    /// <summary>Some ranges of this round have yet to be hashed.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>This node leads no longer, or anew: what was gone over says nothing of what others did.</summary>
    public void Reset() => (IsUnderWay, _begunAt) = (false, null);

    /// <summary>The range to be hashed now. False: none is due.</summary>
    public bool TryTake(StepTime now, out StateRange range)
    {
        range = default;
        if (options.PeriodMilliseconds <= 0 || now.Nanoseconds < _nextAt) return false;
        _nextAt = now.Nanoseconds + (options.PeriodMilliseconds * StepTime.NanosecondsPerMillisecond);
        if (!IsUnderWay)
        {
            var rest = group.Machine.Statistics.Executed == _executed ? options.IdleRoundMilliseconds : options.RoundMilliseconds;
            if (_begunAt is { } begun && now.Nanoseconds - begun < rest * StepTime.NanosecondsPerMillisecond) return false;
            long keys = 0;
            foreach (var database in group.Machine.Databases) keys += database.Count;
            _next = new StateRange(
                StateRange.LevelFor(keys, group.Machine.UsedBytes, options.KeysPerRange, options.BytesPerRange), 0);
            (_begunAt, _executed) = (now.Nanoseconds, group.Machine.Statistics.Executed);
            IsUnderWay = true;
        }

        range = _next;
        _next = _next.Next;
        if (!range.IsRest) return true;
        IsUnderWay = false;
        figures.Rounds++;
        return true;
    }
}
