using System.Runtime.CompilerServices;
using Quorate.Data.Values;

namespace Quorate.Data.Store;

/// <summary>
/// One key of a <see cref="KeyTable"/>: 32 bytes, half a cache line. Key and packed value share one array, so a lookup that
/// hits touches three lines: bucket, row, blob.
/// </summary>
internal struct KeyRow
{
    /// <summary>The blob (<see cref="RowBlob"/>), or the <see cref="Value"/>, which knows the blob with its key; null when the
    /// row is free.</summary>
    public object? Content;

    /// <summary>A <see cref="KeyMark"/>.</summary>
    public ulong MarkBits;

    /// <summary>The low 32 bits of the key's hash.</summary>
    public uint Hash;

    /// <summary>The next row of the bucket (or of the free list); 0 is the end.</summary>
    public int Next;

    /// <summary>Position in the expiry heap plus 1; 0 when the key does not expire.</summary>
    public int Expiry;

    /// <summary>Seconds of the log clock when the value was last written.</summary>
    public uint Written;

    public readonly KeyMark Mark => new(MarkBits);

    /// <summary>The array with the key. The bit says what the content is, and both are only ever set together.</summary>
    public readonly byte[] Blob =>
        (MarkBits & KeyMark.BuiltBit) == 0 ? Unsafe.As<byte[]>(Content!) : Unsafe.As<Value>(Content!).KeyBlob!;

    public readonly ReadOnlySpan<byte> Key => RowBlob.KeyOf(Blob);

    /// <summary>Of a packed value.</summary>
    public readonly Span<byte> Bytes => RowBlob.ValueOf(Unsafe.As<byte[]>(Content!), Mark.HasSpare);
}
