using Quorate.Data.Values;
using Quorate.Replication;

namespace Quorate.Data.Store;

/// <summary>
/// What a row says of its key before anybody looks at the value. 64 bits: 0-51 the version, 52-59 the form as
/// <see cref="ValueForm.State"/> has it, 60-63 notes of the table, which are no part of the replicated state.
/// </summary>
public readonly record struct KeyMark(ulong Bits)
{
    /// <summary>The greatest version there can be: a million entries a second for 142 years.</summary>
    public const long LatestVersion = (1L << 52) - 1;

    internal const ulong BuiltBit = 1UL << 60;
    internal const ulong HeldBit = 1UL << 61;
    internal const ulong SpareBit = 1UL << 62;
    internal const ulong ExpiresBit = 1UL << 63;

    private const int FormAt = 52;
    private const ulong StateBits = (1UL << 60) - 1;

    /// <summary>The log index of the entry that last wrote the key, its expiry included; 0: no log wrote it.</summary>
    public LogIndex Version => new((long)(Bits & LatestVersion));

    public ValueForm Form => new((byte)(Bits >> FormAt));

    public ValueKind Kind => Form.Kind;

    /// <summary>The value is a <see cref="Value"/>; else it is bytes.</summary>
    public bool IsBuilt => (Bits & BuiltBit) != 0;

    /// <summary>A snapshot still reads the bytes: they are written to a copy.</summary>
    internal bool IsHeld => (Bits & HeldBit) != 0;

    /// <summary>There is room behind the value that it does not use.</summary>
    internal bool HasSpare => (Bits & SpareBit) != 0;

    /// <summary>The key will run out.</summary>
    public bool Expires => (Bits & ExpiresBit) != 0;

    /// <summary>Version and form.</summary>
    internal ulong State => Bits & StateBits;

    internal static ulong StateOf(ValueForm form, LogIndex version) =>
        ((ulong)version.Value & LatestVersion) | ((ulong)form.State << FormAt);
}
