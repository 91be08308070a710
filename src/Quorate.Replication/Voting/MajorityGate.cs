namespace Quorate.Replication.Voting;

/// <summary>The decisions on which a vote hangs. Nothing but a test's canary overrides one, to see that it is missed.</summary>
internal class VotingRules
{
    public static readonly VotingRules Sound = new();

    /// <summary>More than half of all voters, not of those that have voted.
    /// Breaks otherwise: the first wrong one to answer decides.</summary>
    public virtual int MajorityOf(int voters) => (voters / 2) + 1;

    /// <summary>Only results at one index are compared.
    /// Breaks otherwise: replicas that are right, before and after a write, are told to differ.</summary>
    public virtual bool MayCompare(LogIndex a, LogIndex b) => a == b;
}

/// <summary>
/// The majority gate of N-modular redundancy, R = (a∧b) ∨ (b∧c) ∨ (a∧c) for three, and for any 2f + 1: the value that more
/// than half of the voters have at one index. Up to f wrong ones are masked; with more there may be no result, and with f + 1
/// that agree on one wrong value it wins. An accumulator; one caller at a time.
/// </summary>
public sealed class MajorityGate
{
    private readonly int _voters;
    private readonly VotingRules _rules;
    private readonly List<Vote> _votes = [];
    private int _decidedBy = -1;

    /// <param name="voters">How many may vote, 1 and up; an even number masks no more than the odd one below it.</param>
    public MajorityGate(int voters)
        : this(voters, VotingRules.Sound)
    {
    }

    internal MajorityGate(int voters, VotingRules rules)
    {
        Invariant.Require(voters > 0, "there are voters");
        (_voters, _rules) = (voters, rules);
    }

    /// <summary>More than half agree. Never taken back.</summary>
    public bool IsDecided => _decidedBy >= 0;

    /// <summary>What more than half have; only when decided.</summary>
    public ulong Result => _votes[_decidedBy].Value;

    /// <summary>Of the result; only when decided.</summary>
    public LogIndex Index => _votes[_decidedBy].Index;

    public int Count => _votes.Count;

    public bool HasAll => _votes.Count >= _voters;

    /// <summary>Not decided, and whatever those who have not voted yet say, it never will be.</summary>
    public bool IsHopeless
    {
        get
        {
            if (IsDecided) return false;
            var most = 0;
            for (var i = 0; i < _votes.Count; i++) most = Math.Max(most, Agreeing(i));
            return most + Math.Max(0, _voters - _votes.Count) < _rules.MajorityOf(_voters);
        }
    }

    /// <summary>Two voters have different values at one index.</summary>
    public bool HasDisagreement
    {
        get
        {
            foreach (var a in _votes)
                foreach (var b in _votes)
                    if (_rules.MayCompare(a.Index, b.Index) && a.Value != b.Value) return true;
            return false;
        }
    }

    /// <summary>Takes a vote; the first of each voter counts.</summary>
    /// <param name="value">What is compared: a hash of what the voter got.</param>
    /// <returns>False: this voter has voted.</returns>
    public bool Add(NodeId from, LogIndex index, ulong value)
    {
        foreach (var vote in _votes)
            if (vote.From == from) return false;
        _votes.Add(new Vote(from, index, value));
        if (!IsDecided && Agreeing(_votes.Count - 1) >= _rules.MajorityOf(_voters)) _decidedBy = _votes.Count - 1;
        return true;
    }

    /// <summary>Once decided: it has voted at the result's index, and for something else.</summary>
    public bool IsDissenter(NodeId node)
    {
        if (!IsDecided) return false;
        foreach (var vote in _votes)
            if (vote.From == node) return _rules.MayCompare(vote.Index, Index) && vote.Value != Result;
        return false;
    }

    /// <summary>Once decided: it has voted for the result.</summary>
    public bool IsAmongMajority(NodeId node)
    {
        if (!IsDecided) return false;
        foreach (var vote in _votes)
            if (vote.From == node) return _rules.MayCompare(vote.Index, Index) && vote.Value == Result;
        return false;
    }

    private int Agreeing(int with)
    {
        var count = 0;
        foreach (var vote in _votes)
            if (_rules.MayCompare(vote.Index, _votes[with].Index) && vote.Value == _votes[with].Value) count++;
        return count;
    }

    private readonly record struct Vote(NodeId From, LogIndex Index, ulong Value);
}
