namespace Quorate.Data.Store;

/// <summary>
/// One key of a <see cref="KeyTable"/>: 32 bytes, half a cache line. Key and value share one array, so a lookup that
/// hits touches three lines: bucket, slot, blob.
/// </summary>
internal struct Slot
{
    /// <summary>[u8 flags][key][value][unused]; null when the slot is free.</summary>
    public byte[]? Blob;

    /// <summary>The low 32 bits of the key's hash.</summary>
    public uint Hash;

    /// <summary>The next slot of the bucket (or of the free list); 0 is the end.</summary>
    public int Next;

    public int KeyLength;

    public int ValueLength;

    /// <summary>Position in the expiry heap plus 1; 0 when the key does not expire.</summary>
    public int Expiry;

    /// <summary>Seconds of the log clock when the value was last written.</summary>
    public uint Written;

    public const int HeaderLength = 1;

    public readonly ReadOnlySpan<byte> Key => Blob.AsSpan(HeaderLength, KeyLength);

    public readonly Span<byte> Value => Blob.AsSpan(HeaderLength + KeyLength, ValueLength);

    public readonly BlobFlags Flags => new(Blob![0]);
}

/// <summary>First byte of a blob: bits 0-2 the <see cref="ValueKind"/>, 3-4 the <see cref="StringForm"/>, 7 shared.</summary>
internal readonly record struct BlobFlags(byte Value)
{
    /// <summary>A snapshot still reads this blob: write to a copy. Says nothing about the state, so it is no part of it.</summary>
    public const byte SharedBit = 0x80;

    private const byte StateBits = 0x1F;

    public BlobFlags(ValueKind kind, StringForm form) : this((byte)((int)kind | ((int)form << 3)))
    {
    }

    public ValueKind Kind => (ValueKind)(Value & 7);

    public StringForm Form => (StringForm)((Value >> 3) & 3);

    public bool IsShared => (Value & SharedBit) != 0;

    /// <summary>What is part of the replicated state.</summary>
    public byte State => (byte)(Value & StateBits);

    /// <summary>True when a source could have written this as <see cref="State"/>.</summary>
    public bool IsValidState => Value <= StateBits && Kind == ValueKind.String && Form <= StringForm.Text;
}
