using Quorate.Data.Values;

namespace Quorate.Data.Merging;

/// <summary>The kinds of values that merge.</summary>
internal static class MergingKinds
{
    /// <summary>As TYPE has it.</summary>
    public static ReadOnlySpan<byte> NameOf(ValueKind kind) => kind switch
    {
        ValueKind.Set => "set"u8,
        ValueKind.SortedSet => "zset"u8,
        ValueKind.Hash => "hash"u8,
        _ => "string"u8,
    };
}
