namespace Quorate.Strategies.Primary;

/// <summary>What this replica does in the accepted epoch: it is the primary, or a backup, which may be a source of
/// others.</summary>
internal sealed class Role
{
    /// <summary>This replica leads its epoch and has led it since it was accepted, in this life: one that was restarted
    /// may have sent entries that it lost, and would give their indices to others.</summary>
    public Serving? Serving { get; set; }

    /// <summary>Feeds the replicas whose source this backup is.</summary>
    public Feeder? Cascade { get; set; }

    /// <summary>Whatever feeds others from here.</summary>
    public Feeder? Feeder => Serving?.Feeder ?? Cascade;
}
