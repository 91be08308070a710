using System.Buffers;
using Quorate.Replication.Causality;

namespace Quorate.Replication.Crdt;

/// <summary>
/// What a string, a field of a hash or the score of a member is made of: a register, and a counter of what has been added
/// since. The visible value is the register's plus the counter's, so that an addition concurrent with an assignment is not lost.
/// </summary>
public sealed class Cell
{
    public MultiValueRegister Register { get; } = new();

    /// <summary>Null: nothing was ever added.</summary>
    public PnCounter? Counter { get; private set; }

    public bool IsLive => Register.Count > 0 || Counter is { IsLive: true };

    /// <summary>Removals of additions are remembered until every replica knows them.</summary>
    public bool HasRemains => Counter is { Count: > 0 } counter && AnyDead(counter);

    /// <summary>The place of a member in the order of scores; the order's own.</summary>
    internal double? Place { get; set; }

    /// <summary>Lists in <paramref name="delta"/> the assignment of a value that replaces all that is here.</summary>
    public void Assign(in Sibling value, Cell delta, DotContext observed)
    {
        Remove(value.Dot, delta, observed);
        delta.Register.Clear();
        delta.Register.Put(value);
    }

    /// <summary>Lists in <paramref name="delta"/> the removal of all that is here.</summary>
    public void Remove(Dot removal, Cell delta, DotContext observed)
    {
        Register.AddDotsTo(observed);
        if (Counter is { Count: > 0 } counter) counter.Reset(removal, delta.CounterToChange());
    }

    /// <summary>Lists in <paramref name="delta"/> an addition.</summary>
    public void Add(long by, Dot dot, long completeSince, Cell delta) =>
        CounterToChange().Add(by, dot, completeSince, delta.CounterToChange());

    public PnCounter CounterToChange() => Counter ??= new PnCounter();

    public void Join(Cell other, in JoinScope scope)
    {
        Register.Join(other.Register, scope);
        if (Counter is not null || other.Counter is { Count: > 0 }) CounterToChange().Join(other.Counter ?? None, scope);
    }

    /// <summary>Forgets what <see cref="PnCounter.Collect"/> forgets.</summary>
    public bool Collect(VersionVector stable)
    {
        if (Counter is null) return false;
        var waits = Counter.Collect(stable);
        if (Counter.Count == 0) Counter = null;
        return waits;
    }

    public void Clear()
    {
        Register.Clear();
        Counter?.Clear();
    }

    public ulong Digest() => Register.Digest() + (Counter is null ? 0 : ulong.RotateLeft(Counter.Digest(), 1));

    public void Encode(IBufferWriter<byte> output)
    {
        Register.Encode(output);
        (Counter ?? None).Encode(output);
    }

    public bool TryDecode(ref PackedReader reader, ref HybridTime newest)
    {
        if (!Register.TryDecode(ref reader, ref newest)) return false;
        return CounterToChange().TryDecode(ref reader);
    }

    /// <summary>Nothing; never changed.</summary>
    private static readonly PnCounter None = new();

    private static bool AnyDead(PnCounter counter)
    {
        for (var i = 0; i < counter.Count; i++)
            if (!counter[i].IsLive) return true;
        return false;
    }
}
