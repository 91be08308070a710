using Quorate.Data.Commands;
using Quorate.Data.Store;
using Quorate.Data.Values;

namespace Quorate.Data.Strings;

/// <summary>Strings: bytes, counters and bitmaps. Packed always, so a string that changes and is shipped goes whole.</summary>
internal sealed class StringType : DataType
{
    private const int LongestEmbedded = 44;

    public static StringType Entry { get; } = new();

    public override ValueKind Kind => ValueKind.String;

    public override string Name => "string";

    public override IReadOnlyList<CommandSpec> Commands { get; } =
    [
        .. StringReads.Commands, .. StringWrites.Commands, .. Ranges.Commands, .. Counters.Commands, .. Bits.Commands,
        .. LongestCommonSubsequence.Commands,
    ];

    public static ValueForm Of(StringForm form) => new(ValueKind.String, (int)form);

    public override bool IsPacked(int variant) => true;

    public override bool HasVariant(int variant) => variant <= (int)StringForm.Text;

    public override ReadOnlySpan<byte> EncodingOf(IKeyStore store, int row)
    {
        var form = (StringForm)store.MarkOf(row).Form.Variant;
        var bytes = store.BytesOf(row);
        if (form == StringForm.Whole && Numbers.TryParse(bytes, out _)) return "int"u8;
        return form != StringForm.Raw && bytes.Length <= LongestEmbedded ? "embstr"u8 : "raw"u8;
    }

    public override void AddCommands(
        ReadOnlySpan<byte> key, int variant, ReadOnlySpan<byte> bytes, bool isDelta, List<IReadOnlyList<byte[]>> commands) =>
        commands.Add(["SET"u8.ToArray(), key.ToArray(), bytes.ToArray()]);
}
