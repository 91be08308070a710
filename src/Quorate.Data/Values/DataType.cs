using Quorate.Data.Commands;
using Quorate.Data.Store;
using Quorate.Replication;

namespace Quorate.Data.Values;

/// <summary>
/// A type of values, as data: its number and name, its commands, and what the store, snapshots, digests and shipping must know
/// of its values. A value is either packed, bytes that stand beside the key in one array, or a <see cref="Value"/> of its own;
/// its variant says which. A type is a folder, and a line in <see cref="DataTypes.Shipped"/>. Immutable; any thread.
/// </summary>
public abstract class DataType
{
    /// <summary>Unlike that of any other type.</summary>
    public abstract ValueKind Kind { get; }

    /// <summary>As TYPE and SCAN ... TYPE have it; lower-case letters.</summary>
    public abstract string Name { get; }

    /// <summary>The commands on values of this type.</summary>
    public abstract IReadOnlyList<CommandSpec> Commands { get; }

    /// <summary>True: a value of this variant is bytes beside its key. False: it is a <see cref="Value"/>.</summary>
    /// <param name="variant">one for which <see cref="HasVariant"/> is true</param>
    public abstract bool IsPacked(int variant);

    /// <summary>False: no value of this type has such a variant.</summary>
    /// <param name="variant">0 to 3</param>
    public abstract bool HasVariant(int variant);

    /// <summary>The name that OBJECT ENCODING tells.</summary>
    public abstract ReadOnlySpan<byte> EncodingOf(IKeyStore store, int row);

    /// <summary>False: a packed value of this variant never is these bytes, which may be anybody's.</summary>
    public virtual bool MayBe(int variant, ReadOnlySpan<byte> bytes) => IsPacked(variant);

    /// <summary>Begins to make a value that is not packed, of the pieces of one.</summary>
    public virtual ValueBuilder Begin(int variant) => throw new InvariantViolation($"a {Name} is packed");

    /// <summary>False: the bytes, which may be anybody's, are no delta that could lead from this value to another.</summary>
    public virtual bool IsDelta(Value value, ReadOnlySpan<byte> delta) => false;

    /// <summary>Does what a delta for which <see cref="IsDelta"/> is true says.</summary>
    /// <param name="value">announced to the store as about to change</param>
    /// <param name="delta">what <see cref="Value.TryWriteDelta"/> wrote on another replica</param>
    /// <param name="version">of the entry that the delta leads to</param>
    public virtual void ApplyDelta(Value value, ReadOnlySpan<byte> delta, LogIndex version) =>
        throw new InvariantViolation($"a {Name} has no deltas");

    /// <summary>Adds commands, each its words, that lead to this value or delta, for people and for giving it to a keyspace
    /// again. The bytes are those of a packed value, all pieces of another one, or a delta; they may be anybody's, and where
    /// they make no sense nothing is added.</summary>
    public abstract void AddCommands(
        ReadOnlySpan<byte> key, int variant, ReadOnlySpan<byte> bytes, bool isDelta, List<IReadOnlyList<byte[]>> commands);
}
