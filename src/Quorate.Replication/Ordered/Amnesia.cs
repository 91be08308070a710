namespace Quorate.Replication.Ordered;

/// <summary>
/// A replica that keeps entries in memory only (<c>durability memory</c>) forgets, when restarted, entries it had acknowledged.
/// That is over when its log has reached what a leader reported as its last index after it had heard of this incarnation:
/// everything that earlier lives' acknowledgements helped to commit is below, because an acknowledgement that arrives later than
/// the news of the new incarnation is ignored. What such a replica must not do until then, its strategy says. One caller at a
/// time.
/// </summary>
/// <typeparam name="TStamp">Of the log.</typeparam>
/// <param name="incarnation">how often the node has been started, 1 and up, never the same twice</param>
public sealed class Amnesia<TStamp>(long incarnation)
    where TStamp : struct, IStamp<TStamp>
{
    private LogIndex _target = new(long.MaxValue);
    private TStamp _targetStamp;

    /// <summary>It has forgotten something, as far as it knows.</summary>
    public bool IsPresent { get; private set; }

    /// <summary>The journal tells of a life, <paramref name="earlier"/>, that kept entries in memory only.</summary>
    public void OnMemoryMode(long earlier) => IsPresent |= earlier != incarnation;

    /// <summary>The journal, or a role in which the others are measured by this replica, says that it is over.</summary>
    public void OnRemembers() => IsPresent = false;

    /// <summary>A leader of <paramref name="stamp"/> told its last index, having last heard of incarnation
    /// <paramref name="known"/> of this replica.</summary>
    public void OnLeaderReport(TStamp stamp, long known, LogIndex lastIndex)
    {
        if (!IsPresent || known != incarnation || stamp == _targetStamp) return;
        _target = lastIndex;
        _targetStamp = stamp;
    }

    /// <summary>The log agrees with that of the leader of <paramref name="stamp"/> up to <paramref name="verified"/>.</summary>
    /// <returns>True when that ended the amnesia.</returns>
    public bool TryEnd(TStamp stamp, LogIndex verified)
    {
        if (!IsPresent || stamp != _targetStamp || verified < _target) return false;
        IsPresent = false;
        return true;
    }
}
