using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>
/// A replica that keeps entries in memory only (<c>durability memory</c>) forgets, when restarted, entries it had
/// acknowledged. Until it has reached what the primary held after the primary had heard of this incarnation, it reports
/// that it needs state, and the control plane does not count its report: everything that an earlier life's
/// acknowledgements helped to commit is below that, because those that arrive later are ignored.
/// </summary>
internal sealed class Amnesia(long incarnation)
{
    private LogIndex _target = new(long.MaxValue);
    private Epoch _targetEpoch;

    public bool IsPresent { get; private set; }

    /// <summary>The journal tells of a life, <paramref name="earlier"/>, that kept entries in memory only.</summary>
    public void OnMemoryMode(long earlier) => IsPresent |= earlier != incarnation;

    public void OnRemembers() => IsPresent = false;

    /// <summary>The sender told its last index, having last heard of incarnation <paramref name="known"/>.</summary>
    public void OnPrimaryReport(Epoch epoch, long known, LogIndex lastIndex)
    {
        if (!IsPresent || known != incarnation || epoch == _targetEpoch) return;
        _target = lastIndex;
        _targetEpoch = epoch;
    }

    /// <summary>The log agrees with the primary's of <paramref name="epoch"/> up to <paramref name="verified"/>.</summary>
    /// <returns>True when that ended the amnesia.</returns>
    public bool TryEnd(Epoch epoch, LogIndex verified)
    {
        if (!IsPresent || epoch != _targetEpoch || verified < _target) return false;
        IsPresent = false;
        return true;
    }
}
