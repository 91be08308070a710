using Quorate.Cluster;
using Quorate.Cluster.Groups;
using Quorate.Replication;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Primary;

namespace Quorate.Simulation.Keyspaces;

/// <summary>What the checkers see of a replica that the control plane configures, whatever its strategy.</summary>
internal readonly struct ReplicaView
{
    private readonly PrimaryReplica? _primary;
    private readonly ChainReplica? _chain;

    public ReplicaView(Group group)
    {
        Replica = group.Configured!;
        _primary = Replica as PrimaryReplica;
        _chain = Replica as ChainReplica;
    }

    public IConfiguredReplica Replica { get; }

    public bool IsChain => _chain is not null;

    public Epoch Epoch => Replica.Configuration?.Epoch ?? default;

    public LogIndex CommitIndex => _primary?.CommitIndex ?? _chain!.CommitIndex;

    public LogIndex LastApplied => _primary?.LastApplied ?? _chain!.LastApplied;

    public LogIndex FirstIndex => _primary?.Log.FirstIndex ?? _chain!.Log.FirstIndex;

    public LogIndex LastIndex => _primary?.Log.LastIndex ?? _chain!.Log.LastIndex;

    public Epoch LastEpoch => _primary?.Log.LastStamp ?? _chain!.Log.LastStamp;

    public LogIndex DurableIndex => _primary?.Journal.DurableIndex ?? _chain!.Journal.DurableIndex;

    public bool NeedsState => _primary?.NeedsState ?? !_chain!.Accepted.HasState;

    /// <summary>It orders writes in its epoch, with a lease or without.</summary>
    public bool Orders => _primary is not null ? _primary.Serving is not null : _chain!.Position?.Head is { MayOrder: true };

    public bool IsTail => _chain is { Position.Tail: not null };

    public bool IsDegraded => _primary is { IsDegraded: true };

    public long Losses => _primary?.Lost.Losses ?? 0;

    public long UnlistedLosses => _primary?.Lost.UnlistedLosses ?? 0;

    /// <summary>It believes that it may answer from its own state, alone.</summary>
    public bool IsActing(StepTime now) => _primary is not null
        ? _primary.MayReadLocally(now)
        : _chain!.Position is { IsLearner: false } && _chain.Accepted.HasLeaseAt(now);

    /// <summary>Entries from here on are there with their content.</summary>
    public bool Has(LogIndex index) => index >= FirstIndex && index <= LastIndex;

    public (Epoch Epoch, ulong Content) EntryAt(LogIndex index)
    {
        var entry = (_primary?.Log ?? _chain!.Log)[index];
        return (entry.Stamp, Hash.Of(entry.Payload) ^ (ulong)entry.Kind);
    }
}
