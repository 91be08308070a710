using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.Leaderless;

/// <summary>One partition as this replica holds it.</summary>
internal sealed class Partition(int index, IMergeMachine machine)
{
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private readonly Dictionary<NodeId, Acquaintance> _others = [];

    public int Index { get; } = index;

    public IMergeMachine Machine { get; } = machine;

    /// <summary>False: given away; no member asks for it here any more.</summary>
    public bool IsHeld { get; set; } = true;

    /// <summary>What it may lack was asked for: it counts for reads.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Incomplete only because it has become a holder: it has everything that was stored here since.</summary>
    public bool IsNew { get; set; }

    /// <summary>It began without memory of updates that this node may have made before: what it wrote of that. Empty: it knows
    /// all.</summary>
    public byte[] Birth { get; set; } = [];

    public bool HasGaps => Birth.Length > 0;

    /// <summary>What was taken in up to now is durable after this.</summary>
    public PersistPoint Point { get; set; }

    /// <summary>Something taken in waits for the end of the turn to be journaled.</summary>
    public bool IsTouched { get; set; }

    /// <summary>Counts what was taken in, so that a comparison can say with which state.</summary>
    public long Changes { get; set; }

    /// <summary>What is known of another holder. Only of those asked for: it does not grow by itself.</summary>
    public Acquaintance Of(NodeId node)
    {
        if (!_others.TryGetValue(node, out var other)) _others.Add(node, other = new Acquaintance());
        return other;
    }

    /// <summary>After a loss of memory or a change of members: the holders that are asked anew.</summary>
    public void AskAnew()
    {
        foreach (var other in _others.Values) other.TakenSince = null;
    }

    /// <summary>Of everything known of a key, or of what a reader sees.</summary>
    public ulong VersionOf(ReadOnlySpan<byte> key, bool isExact) => isExact ? Hash.Of(StateOf(key)) : Machine.DigestOf(key);

    /// <summary>Valid until the next call.</summary>
    public ReadOnlySpan<byte> StateOf(ReadOnlySpan<byte> key)
    {
        _scratch.ResetWrittenCount();
        Machine.WriteState(key, _scratch);
        return _scratch.WrittenSpan;
    }

    /// <summary>What it has seen, as it is told to others; valid until the next call.</summary>
    public ReadOnlySpan<byte> Summary()
    {
        _scratch.ResetWrittenCount();
        Machine.WriteSummary(_scratch);
        return _scratch.WrittenSpan;
    }

    public override string ToString() => $"p{Index}";
}

/// <summary>Another holder of a partition, as known from comparing with it.</summary>
internal sealed class Acquaintance
{
    /// <summary>What it has seen without gaps, durably; null before the first comparison.</summary>
    public VersionVector? Seen { get; set; }

    /// <summary>When all that it had was here, on this node's monotonic clock.</summary>
    public long? RepairedAt { get; set; }

    /// <summary>In the present stay: all that it had was taken over when it knew these members; and whether it lacked something
    /// itself.</summary>
    public (Epoch Epoch, bool WasComplete)? TakenSince { get; set; }

    /// <summary>All that it had was taken over when no member kept hints.</summary>
    public bool WasTakenQuietly { get; set; }

    /// <summary>It has all that was here when <see cref="Partition.Changes"/> was this.</summary>
    public long? HasTaken { get; set; }
}
