using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>What a replica is at the moment. A role owns what is forgotten when it ends. [Raft §5.1]</summary>
internal abstract class Role(RaftReplica replica)
{
    public abstract RaftRole Kind { get; }

    public abstract NodeId LeaderId { get; }

    /// <summary>Changes the role, commits, and has what outlives roles.</summary>
    protected RaftReplica Replica { get; } = replica;

    protected NodeId Self { get; } = replica.Self;

    protected RaftOptions Options { get; } = replica.Options;

    protected RaftRules Rules { get; } = replica.Rules;

    protected HardState State { get; } = replica.HardState;

    protected FrameLog<Term> Log { get; } = replica.Log;

    protected RaftJournal Journal { get; } = replica.Journal;

    protected Configuration Configuration => Replica.Configurations.Latest;

    protected StepTime Now => Replica.Step.Now;

    protected Effects Out => Replica.Step.Out;

    public abstract void OnTick();

    public abstract void OnRequest(in ReplicaRequest request);

    public virtual void OnTurnEnd()
    {
    }

    public virtual void OnPersisted()
    {
    }

    /// <summary><see cref="Commits.DecidedIndex"/> rose.</summary>
    public virtual void OnDecided()
    {
    }

    /// <summary>Another role takes over.</summary>
    public virtual void OnEnd()
    {
    }

    public virtual bool MayReadLocally(StepTime now) => false;

    public virtual void CheckInvariants()
    {
    }
}

/// <summary>
/// Counts ticks up to an election timeout, drawn anew each time. [Raft §5.2] Who has lost an election or asks again for a
/// pre-vote waits a short one: no leader was heard, nobody is disturbed, and a split vote would otherwise cost a second
/// full timeout. Only a few times in a row: where votes take long, a short timeout would end every election too soon.
/// </summary>
internal sealed class ElectionTimer
{
    private readonly RaftOptions _options;
    private readonly Prng _dice;
    private readonly LeaderContact _contact;
    private readonly bool _isRetry;
    private int _elapsed;
    private long _timeout;

    public ElectionTimer(RaftOptions options, Prng dice, LeaderContact contact, bool isRetry = false)
    {
        (_options, _dice, _contact, _isRetry) = (options, dice, contact, isRetry);
        Reset();
    }

    public void Reset()
    {
        _elapsed = 0;
        _timeout = _isRetry && _contact.ElectionsBegun <= _options.ShortElectionRetries
            ? _dice.Between(Math.Max(1, _options.ElectionTimeoutTicks / 6), _options.ElectionTimeoutTicks)
            : _dice.Between(_options.ElectionTimeoutTicks, _options.MaxElectionTimeoutTicks);
    }

    /// <summary>As <see cref="Reset"/>, but some of it has passed already.</summary>
    public void Reset(long elapsedTicks)
    {
        Reset();
        _elapsed = (int)Math.Clamp(elapsedTicks, 0, _timeout);
    }

    /// <summary>No more than the shortest timeout, a tenth so that all voters' has passed, and a sixth for each that is asked to
    /// be first.</summary>
    public void Hasten(int ahead)
    {
        var shortest = _options.ElectionTimeoutTicks;
        _timeout = Math.Min(_timeout, shortest + Math.Max(1, shortest / 10) + (ahead * Math.Max(1, shortest / 6)));
    }

    /// <returns>True when the timeout has passed; it goes on saying so until reset.</returns>
    public bool Tick() => ++_elapsed >= _timeout;
}
