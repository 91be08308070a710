using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>
/// A replica that keeps entries in memory only (<c>durability memory</c>) forgets, when restarted, entries it had
/// acknowledged; raft assumes that nobody does. Two rules keep the promise that an acknowledged write survives as long
/// as a majority does not stop:
/// <list type="number">
/// <item>A replica with amnesia casts its votes with a mark, and a marked vote (a candidate's own included) counts only
/// in an election that every voter grants. Such an election asks everybody who still remembers, and the up-to-date
/// rule of each of them protects what it remembers; so it is safe whoever forgot. It is what brings a group back after
/// all its replicas were restarted.</item>
/// <item>Amnesia ends when the log has reached what a leader reported as its last index after it had heard of this
/// incarnation. Everything that earlier lives' acknowledgements helped to commit is below: an acknowledgement that
/// arrives later than the news of the new incarnation is ignored.</item>
/// </list>
/// </summary>
internal sealed class Amnesia(long incarnation)
{
    private LogIndex _target = new(long.MaxValue);
    private Term _targetTerm;

    public bool IsPresent { get; private set; }

    /// <summary>The journal tells of a life, <paramref name="earlier"/>, that kept entries in memory only.</summary>
    public void OnMemoryMode(long earlier) => IsPresent |= earlier != incarnation;

    public void OnRemembers() => IsPresent = false;

    /// <summary>A leader of <paramref name="term"/> told its last index, having last heard of incarnation <paramref name="known"/>.</summary>
    public void OnLeaderReport(Term term, long known, LogIndex leaderLastIndex)
    {
        if (!IsPresent || known != incarnation || term == _targetTerm) return;
        _target = leaderLastIndex;
        _targetTerm = term;
    }

    /// <summary>The log agrees with the leader's of <paramref name="term"/> up to <paramref name="verified"/>.</summary>
    /// <returns>True when that ended the amnesia.</returns>
    public bool TryEnd(Term term, LogIndex verified)
    {
        if (!IsPresent || term != _targetTerm || verified < _target) return false;
        IsPresent = false;
        return true;
    }
}
