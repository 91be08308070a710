using System.Buffers;
using System.Buffers.Text;
using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Replication.Crdt;

namespace Quorate.Data.Merging;

/// <summary>
/// What a client has seen of a string: the dots of its values and what had been added. SIBLINGS gives it, SET … CONTEXT takes
/// it back and so replaces that and nothing else. Text that means nothing to the client. [DVV §5]
/// </summary>
internal sealed class SiblingContext
{
    public DotContext Dots { get; } = new();

    public PnCounter Counter { get; } = new();

    /// <summary>The context of a string as it is now, as base64.</summary>
    public static byte[] TextOf(Cell? text)
    {
        var dots = new DotContext();
        text?.Register.AddDotsTo(dots);
        var bytes = new ArrayBufferWriter<byte>();
        dots.Encode(bytes);
        (text?.Counter ?? new PnCounter()).Encode(bytes);
        var encoded = new byte[Base64.GetMaxEncodedToUtf8Length(bytes.WrittenCount)];
        Base64.EncodeToUtf8(bytes.WrittenSpan, encoded, out _, out _);
        return encoded;
    }

    /// <summary>False: the text is no context.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out SiblingContext context)
    {
        context = new SiblingContext();
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (Base64.DecodeFromUtf8(text, bytes, out var used, out var length) != OperationStatus.Done || used != text.Length)
            return false;
        var reader = new PackedReader(bytes.AsSpan(0, length));
        return DotContext.TryDecode(ref reader, context.Dots) && context.Counter.TryDecode(ref reader) && reader.IsAtEnd;
    }
}
