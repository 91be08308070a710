using System.Buffers;
using Quorate.Data.Strings;
using Quorate.Data.Values;
using Quorate.Replication;

namespace Quorate.Data.Registers;

/// <summary>
/// The state of a register, which holds a string, as bytes: [u8 variant][stamp][expiry + 1, or 0][value], numbers as
/// <see cref="Packing"/> has them. Nothing at all: the register is not there.
/// </summary>
internal ref struct RegisterState
{
    public ValueForm Form;

    /// <summary>When it was last changed, by the proposer's clock, never before an earlier change; Unix milliseconds.</summary>
    public long Stamp;

    /// <summary>Unix milliseconds after which it is expired, or -1.</summary>
    public long Expiry;

    public ReadOnlySpan<byte> Value;

    public readonly void Write(IBufferWriter<byte> output)
    {
        Packing.WriteByte(output, (byte)Form.Variant);
        Packing.WriteNatural(output, Stamp);
        Packing.WriteNumber(output, (ulong)(Expiry + 1));
        output.Write(Value);
    }

    /// <summary>False: no state, which an acceptor should never hold.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RegisterState state)
    {
        state = default;
        var reader = new PackedReader(bytes);
        if (!reader.TryByte(out var variant) || !StringType.Entry.HasVariant(variant)) return false;
        if (!reader.TryNatural(out state.Stamp) || !reader.TryNumber(out var expiry) || expiry > long.MaxValue) return false;
        state.Form = new ValueForm(ValueKind.String, variant);
        state.Expiry = (long)expiry - 1;
        state.Value = bytes[^reader.Remaining..];
        return true;
    }
}
