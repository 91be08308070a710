using System.Buffers;
using System.Globalization;
using System.Text;
using Quorate.Data.Commands;
using Quorate.Data.Store;
using Quorate.Data.Values;
using Quorate.Replication;

namespace Quorate.Data.Tests.Rings;

/// <summary>
/// A type of values that is nowhere but here: a list that keeps its newest elements only. All there is of it is this folder;
/// a machine knows it by one line. Short rings are packed, as all their elements one after the other; longer ones are pages.
/// </summary>
internal sealed class RingType : DataType
{
    public const int Packed = 0;
    public const int Paged = 1;

    public static RingType Entry { get; } = new();

    /// <summary>What a keyspace with rings has.</summary>
    public static DataTypes WithRings { get; } = new([.. DataTypes.Shipped.All, Entry]);

    public override ValueKind Kind => (ValueKind)40;

    public override string Name => "ring";

    public override IReadOnlyList<CommandSpec> Commands => RingCommands.All;

    public static ValueForm Form(int variant) => new(Entry.Kind, variant);

    public override bool IsPacked(int variant) => variant == Packed;

    public override bool HasVariant(int variant) => variant <= Paged;

    public override ReadOnlySpan<byte> EncodingOf(IKeyStore store, int row) =>
        IsPacked(store.MarkOf(row).Form.Variant) ? "packed"u8 : "pages"u8;

    public override bool MayBe(int variant, ReadOnlySpan<byte> bytes)
    {
        var builder = new RingBuilder();
        return builder.TryAppend(bytes) && builder.TryFinish(out _);
    }

    public override ValueBuilder Begin(int variant) => new RingBuilder();

    public override bool IsDelta(Value value, ReadOnlySpan<byte> delta) => ((Ring)value).TryRead(delta, default, apply: false);

    public override void ApplyDelta(Value value, ReadOnlySpan<byte> delta, LogIndex version) =>
        ((Ring)value).TryRead(delta, version, apply: true);

    public override void AddCommands(
        ReadOnlySpan<byte> key, int variant, ReadOnlySpan<byte> bytes, bool isDelta, List<IReadOnlyList<byte[]>> commands)
    {
        if (isDelta) return;
        var builder = new RingBuilder();
        if (!builder.TryAppend(bytes) || !builder.TryFinish(out var value)) return;
        var ring = (Ring)value;
        var capacity = Encoding.ASCII.GetBytes(ring.Capacity.ToString(CultureInfo.InvariantCulture));
        byte[][] words = ["RING.PUSH"u8.ToArray(), key.ToArray(), capacity];
        commands.Add([.. words, .. Enumerable.Range(0, (int)ring.Count).Select(i => ring.At(i).ToArray())]);
    }

    /// <summary>A packed ring as one of pages, to be read or to become one.</summary>
    public static Ring Unpack(ReadOnlySpan<byte> bytes)
    {
        var builder = new RingBuilder();
        Invariant.Require(builder.TryAppend(bytes) && builder.TryFinish(out _), "what was packed can be unpacked");
        return builder.Ring;
    }

    public static byte[] Pack(Ring ring)
    {
        var output = new ArrayBufferWriter<byte>();
        var pieces = ring.Read();
        while (pieces.WriteNext(output, 1 << 20))
        {
        }

        return output.WrittenSpan.ToArray();
    }
}
