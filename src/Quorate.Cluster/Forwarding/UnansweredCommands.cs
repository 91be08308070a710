using Quorate.Cluster.Hosting;

namespace Quorate.Cluster.Forwarding;

/// <summary>
/// Commands on their way to another node, by consecutive sequences from 1 on. A finished one keeps its place until all before it
/// are finished. Finding one by its sequence walks over nothing: many may wait behind a leader that does not keep up.
/// </summary>
internal sealed class UnansweredCommands<T>
    where T : UnansweredCommand
{
    private T?[] _ring = new T?[64]; // by sequence, from Lowest on; the length is a power of two

    /// <summary>The first that is not finished; <see cref="Next"/> when all are.</summary>
    public long Lowest { get; private set; } = 1;

    /// <summary>The sequence that the next command gets.</summary>
    public long Next { get; private set; } = 1;

    /// <summary>The first that is to be sent, <see cref="Lowest"/> to <see cref="Next"/>.</summary>
    public long NextToSend { get; set; } = 1;

    public int Count => (int)(Next - Lowest);

    /// <param name="sequence"><see cref="Lowest"/> and up, below <see cref="Next"/>.</param>
    public T this[long sequence] => Place(sequence)!;

    public bool Has(long sequence) => sequence >= Lowest && sequence < Next;

    public void Add(T command)
    {
        if (Count == _ring.Length) Grow();
        Place(Next++) = command;
    }

    /// <summary>The sequence of a client's command that has no reply; 0: there is none.</summary>
    public long Find(IAsker client, long slot)
    {
        for (var at = Lowest; at < Next; at++)
            if (this[at].Client == client && this[at].Slot == slot) return at;
        return 0;
    }

    /// <summary>Takes back a command that was never sent, so that it never will be. Those behind it were never sent either: they
    /// move up by one sequence, which no other node has seen yet.</summary>
    public void Withdraw(long sequence)
    {
        for (var at = sequence; at < Next - 1; at++) Place(at) = Place(at + 1);
        Place(--Next) = null;
    }

    /// <summary>The client has gone: its replies are dropped; commands that were sent go on.</summary>
    public void Forget(IAsker client)
    {
        for (var at = Lowest; at < Next; at++)
            if (this[at].Client == client) this[at].Client = null;
    }

    public void DropFinished()
    {
        while (Lowest < Next && this[Lowest].IsDone) Place(Lowest++) = null;
        if (NextToSend < Lowest) NextToSend = Lowest;
    }

    private ref T? Place(long sequence) => ref _ring[sequence & (_ring.Length - 1)];

    private void Grow()
    {
        var larger = new T?[_ring.Length * 2];
        for (var at = Lowest; at < Next; at++) larger[at & (larger.Length - 1)] = Place(at);
        _ring = larger;
    }
}
