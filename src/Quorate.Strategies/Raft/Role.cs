using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>What a replica is at the moment. A role owns what is forgotten when it ends. [Raft §5.1]</summary>
internal abstract class Role(RaftReplica replica)
{
    protected RaftReplica Replica { get; } = replica;

    public abstract RaftRole Kind { get; }

    public abstract NodeId LeaderId { get; }

    public abstract void OnTick();

    public abstract void OnRequest(in ReplicaRequest request);

    public virtual void OnTurnEnd()
    {
    }

    public virtual void OnPersisted()
    {
    }

    public virtual void OnCommitAdvanced()
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

/// <summary>Counts ticks up to an election timeout drawn anew for each role. [Raft §5.2]</summary>
internal sealed class ElectionTimer(RaftReplica replica)
{
    private int _elapsed;
    private long _timeout = Draw(replica);

    public void Reset()
    {
        _elapsed = 0;
        _timeout = Draw(replica);
    }

    /// <returns>True when the timeout has passed; it goes on saying so until reset.</returns>
    public bool Tick() => ++_elapsed >= _timeout;

    private static long Draw(RaftReplica replica) =>
        replica.Dice.Between(replica.Options.ElectionTimeoutTicks, replica.Options.MaxElectionTimeoutTicks);
}
