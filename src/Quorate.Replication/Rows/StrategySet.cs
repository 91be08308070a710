namespace Quorate.Replication.Rows;

/// <summary>The strategies that a node has. Immutable.</summary>
public sealed class StrategySet
{
    private readonly StrategyEntry?[] _byBlock = new StrategyEntry?[(ushort.MaxValue + 1) / Message.BlockLength];

    /// <param name="entries">In the order in which people are told of them; the first elects its leader itself.</param>
    /// <exception cref="InvariantViolation">two of them claim the same.</exception>
    public StrategySet(params IReadOnlyList<StrategyEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        Entries = entries;
        var own = entries.Select(e => e.Strategy).ToList();
        Named = [.. Strategy.All, .. own.Where(s => !Strategy.All.Contains(s)).Distinct()];
        foreach (var entry in entries)
        {
            var block = entry.MessageBlock / Message.BlockLength;
            var isWhole = entry.MessageBlock % Message.BlockLength == 0;
            Invariant.Require(block > 0 && isWhole, "a strategy's block of kinds is a whole one, and not the node's");
            Invariant.Require(_byBlock[block] is null, "each strategy has a block of kinds of its own");
            _byBlock[block] = entry;
            Invariant.Require(Find(entry.Strategy, entry.IsConsensus) == entry, "each strategy is there once");
        }
    }

    public IReadOnlyList<StrategyEntry> Entries { get; }

    /// <summary>What a policy may name: these, and those that are only planned.</summary>
    public IReadOnlyList<Strategy> Named { get; }

    /// <summary>The strategy that elects its leader itself: that of the control plane's own group and of the numbered
    /// databases.</summary>
    public StrategyEntry Electing => Entries[0];

    /// <summary>The row of the policy's strategy.</summary>
    /// <exception cref="InvariantViolation">there is none.</exception>
    public StrategyEntry Of(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return Find(policy.Strategy, policy.Consensus)
            ?? throw new InvariantViolation($"there is a row of every strategy, {policy.Strategy} too");
    }

    /// <summary>Reads a message of any strategy. False: these bytes are none.</summary>
    public bool TryDecode(ushort kind, ReadOnlyMemory<byte> body, out Message? message)
    {
        message = null;
        return _byBlock[kind / Message.BlockLength] is { } entry && entry.TryDecode(kind, body, out message);
    }

    /// <summary>The strategy with this id; null: there is none that this node knows of.</summary>
    public Strategy? Known(byte id) => Named.FirstOrDefault(s => s.Id == id);

    private StrategyEntry? Find(Strategy strategy, bool isConsensus)
    {
        foreach (var entry in Entries)
            if (entry.Strategy == strategy && entry.IsConsensus == isConsensus) return entry;
        return null;
    }
}
