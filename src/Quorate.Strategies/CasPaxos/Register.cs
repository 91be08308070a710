using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>An acceptor's part of one key.</summary>
internal sealed class Register(byte[] key, ulong hash)
{
    public byte[] Key { get; } = key;

    public ulong Hash { get; } = hash;

    /// <summary>Its place in the store.</summary>
    public int Slot { get; set; }

    /// <summary>No ballot less than this is accepted. At least <see cref="Accepted"/>; rises only.</summary>
    public Ballot Promise { get; set; }

    /// <summary>The ballot of <see cref="Value"/>; none when nothing was accepted.</summary>
    public Ballot Accepted { get; private set; }

    /// <summary>As <see cref="Versioned"/> says; empty when nothing was accepted.</summary>
    public byte[] Value { get; private set; } = [];

    /// <summary>When it was last asked to promise or to accept something.</summary>
    public long TouchedTick { get; set; }

    public void Accept(Ballot ballot, ReadOnlySpan<byte> value)
    {
        Accepted = ballot;
        if (Value.Length == value.Length) value.CopyTo(Value);
        else Value = value.ToArray();
    }
}

/// <summary>
/// The registers of an acceptor, by key. A register that is not there has promised <see cref="Floor"/> and accepted nothing:
/// so registers can be forgotten without forgetting what was promised.
/// </summary>
internal sealed class RegisterStore
{
    private readonly Dictionary<byte[], Register> _registers = new(Replication.Crdt.ByteKeys.Comparer);
    private readonly Dictionary<byte[], Register>.AlternateLookup<ReadOnlySpan<byte>> _byKey;
    private readonly List<Register?> _slots = [];
    private readonly Stack<int> _free = new();

    public RegisterStore() => _byKey = _registers.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>At least every ballot that a forgotten register had promised. Rises only.</summary>
    public Ballot Floor { get; private set; }

    public int Count => _registers.Count;

    /// <summary>Places, the empty ones included. A register keeps its place as long as it lives.</summary>
    public int SlotCount => _slots.Count;

    public Register? SlotAt(int slot) => _slots[slot];

    public Register? Find(ReadOnlySpan<byte> key) => _byKey.TryGetValue(key, out var register) ? register : null;

    /// <summary>A register for a key that has none.</summary>
    public Register Add(ReadOnlySpan<byte> key)
    {
        var register = new Register(key.ToArray(), Replication.Hash.Of(key)) { Promise = Floor };
        _registers.Add(register.Key, register);
        if (_free.TryPop(out var slot)) _slots[slot] = register;
        else
        {
            slot = _slots.Count;
            _slots.Add(register);
        }

        register.Slot = slot;
        return register;
    }

    /// <summary>Forgets a register; what it had promised is promised for all that are not there.</summary>
    public void Remove(Register register)
    {
        RaiseFloor(register.Promise);
        _registers.Remove(register.Key);
        _slots[register.Slot] = null;
        _free.Push(register.Slot);
    }

    public void RaiseFloor(Ballot ballot) => Floor = Ballot.Max(Floor, ballot);

    /// <summary>Takes what a record, a snapshot or another acceptor says, unless more is known.</summary>
    public Register Restore(ReadOnlySpan<byte> key, Ballot promise, Ballot accepted, ReadOnlySpan<byte> value)
    {
        var register = Find(key) ?? Add(key);
        register.Promise = Ballot.Max(register.Promise, Ballot.Max(promise, accepted));
        if (accepted > register.Accepted) register.Accept(accepted, value);
        return register;
    }
}
