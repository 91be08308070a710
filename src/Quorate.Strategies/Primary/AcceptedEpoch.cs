using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>
/// The control plane's word as this replica has accepted it: the configuration, the options under its rule, and the lease. From
/// the moment of acceptance nothing of an older epoch counts. A primary speaks in the new epoch once it is durable: one that
/// spoke before could be restarted, be told of the epoch again, and give indices that it has used to other entries.
/// </summary>
internal sealed class AcceptedEpoch(
    NodeId self, PrimaryOptions options, PrimaryRules rules, PrimaryJournal journal, Step step)
{
    private (Epoch Epoch, PersistPoint Point) _accepting;
    private Epoch _leaseEpoch;
    private long _leaseUntil = long.MinValue;

    /// <summary>This node.</summary>
    public NodeId Self { get; } = self;

    public PrimaryRules Rules { get; } = rules;

    /// <summary>As the replica was made, and as the rule of the accepted epoch says.</summary>
    public PrimaryOptions Options { get; private set; } = options;

    /// <summary>The newest configuration, maybe not durable yet; null before the first.</summary>
    public GroupConfiguration? Configuration { get; private set; }

    public Epoch Epoch => Configuration?.Epoch ?? default;

    /// <summary>The primary that <see cref="Configuration"/> names; maybe none.</summary>
    public NodeId Leader => Configuration?.Leader ?? NodeId.None;

    /// <summary>The newest epoch that is durable.</summary>
    public Epoch DurableEpoch { get; private set; }

    /// <summary>The accepted epoch is in the journal for good.</summary>
    public bool IsDurable => DurableEpoch == Epoch;

    /// <summary>A lease was granted in the present epoch, whether or not it has run out.</summary>
    public bool IsLeaseGranted => Configuration is { } c && _leaseEpoch == c.Epoch && _leaseUntil != long.MinValue;

    /// <summary>The lease of this epoch holds at this step: the control plane has named no other primary since.</summary>
    public bool HasLease => HasLeaseAt(step.Now);

    public bool HasLeaseAt(StepTime now) => IsLeaseGranted && Rules.IsLeaseValid(_leaseUntil, now.Nanoseconds);

    /// <returns>False: it is not newer.</returns>
    public bool TryAccept(GroupConfiguration configuration)
    {
        if (Configuration is { } old && configuration.Epoch <= old.Epoch) return false;
        _accepting = (configuration.Epoch, journal.SaveConfiguration(configuration, step.Out));
        Recover(configuration);
        return true;
    }

    /// <summary>Takes up a configuration that was read back from the journal.</summary>
    public void Recover(GroupConfiguration configuration)
    {
        Configuration = configuration;
        Options = Options.With(configuration.Rule);
    }

    /// <summary>What was recovered is durable.</summary>
    public void BeginLife()
    {
        DurableEpoch = Epoch;
        _accepting = (Epoch, default);
    }

    public void OnPersisted(PersistPoint durable)
    {
        if (_accepting.Epoch > DurableEpoch && _accepting.Point <= durable) DurableEpoch = _accepting.Epoch;
    }

    /// <returns>False: the lease is of another epoch and says nothing about this one.</returns>
    public bool TryExtendLease(Epoch epoch, long untilNanoseconds)
    {
        if (Configuration is not { } c || c.Epoch != epoch) return false;
        _leaseUntil = _leaseEpoch == epoch ? Math.Max(_leaseUntil, untilNanoseconds) : untilNanoseconds;
        _leaseEpoch = epoch;
        return true;
    }
}
