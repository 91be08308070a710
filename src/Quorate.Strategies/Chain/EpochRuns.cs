using Quorate.Replication;

namespace Quorate.Strategies.Chain;

/// <summary>
/// The epochs of a log as runs: epochs never fall, and change only when the control plane reconfigures, so a handful of runs tells the epoch of
/// millions of entries. The first run begins at the log's base.
/// </summary>
internal sealed class EpochRuns
{
    private readonly List<(LogIndex First, Epoch Epoch)> _runs = [(default, default)];

    public Epoch LastEpoch => _runs[^1].Epoch;

    public void Append(LogIndex index, Epoch epoch)
    {
        if (epoch == _runs[^1].Epoch) return;
        Invariant.Require(epoch > _runs[^1].Epoch, "epochs in a log never fall");
        _runs.Add((index, epoch));
    }

    public Epoch At(LogIndex index) => _runs[RunOf(index)].Epoch;

    /// <summary>See <see cref="ChainLog.LastNotAbove"/>.</summary>
    public LogIndex LastNotAbove(LogIndex index, Epoch epoch)
    {
        if (index < _runs[0].First) return index;
        for (var run = RunOf(index); run >= 0; run--)
        {
            if (_runs[run].Epoch <= epoch) return index;
            index = _runs[run].First.Previous;
        }

        return index;
    }

    public void TruncateFrom(LogIndex from)
    {
        while (_runs.Count > 1 && _runs[^1].First >= from) _runs.RemoveAt(_runs.Count - 1);
    }

    public void DropThrough(LogIndex index)
    {
        while (_runs.Count > 1 && _runs[1].First <= index) _runs.RemoveAt(0);
        _runs[0] = (index, _runs[0].Epoch);
    }

    public void Reset(LogIndex index, Epoch epoch)
    {
        _runs.Clear();
        _runs.Add((index, epoch));
    }

    public void CheckInvariants(LogIndex baseIndex, LogIndex lastIndex)
    {
        Invariant.Require(_runs[0].First == baseIndex, "the first run begins at the base");
        for (var i = 1; i < _runs.Count; i++)
        {
            Invariant.Require(_runs[i].Epoch > _runs[i - 1].Epoch, "epochs in a log never fall");
            Invariant.Require(_runs[i].First > _runs[i - 1].First && _runs[i].First <= lastIndex, "runs lie within the log");
        }
    }

    private int RunOf(LogIndex index)
    {
        int low = 0, high = _runs.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_runs[middle].First <= index) low = middle;
            else high = middle - 1;
        }

        return low;
    }
}
