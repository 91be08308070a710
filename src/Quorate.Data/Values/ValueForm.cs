namespace Quorate.Data.Values;

/// <summary>The kind of a value and which of the kind's variants it is, in one byte that is part of the replicated state:
/// bits 0-5 the kind, 6-7 the variant.</summary>
/// <param name="State">as it stands in snapshots, effects and digests</param>
public readonly record struct ValueForm(byte State)
{
    /// <summary>Kinds there can be.</summary>
    public const int Kinds = 64;

    /// <summary>Variants that a kind can have.</summary>
    public const int Variants = 4;

    /// <param name="kind">0 to 63</param>
    /// <param name="variant">0 to 3; what it means is up to the kind: how a string came to be, how a hash is kept</param>
    public ValueForm(ValueKind kind, int variant)
        : this((byte)(((int)kind & (Kinds - 1)) | (variant << 6)))
    {
    }

    public ValueKind Kind => (ValueKind)(State & (Kinds - 1));

    public int Variant => State >> 6;
}
