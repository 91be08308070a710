namespace Quorate.Data.Store;

/// <summary>The bytes of memory of a table's values that are not packed, which they keep up themselves.</summary>
internal sealed class ByteCount
{
    public long Bytes { get; set; }
}
