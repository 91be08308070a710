using System.Buffers;
using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Strategies.Chain;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Chain;

public sealed class CodecTests
{
    public static TheoryData<int> Kinds => [.. Enumerable.Range(0, Samples().Count)];

    [Fact]
    public void There_is_a_sample_of_every_kind() =>
        Samples().Select(m => m.Kind).Distinct().Order().ShouldBe(WireKinds.Beside(typeof(ChainCodec)));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_survives_its_bytes(int sample)
    {
        var message = Samples()[sample];
        var bytes = Encode(message);
        (message.Kind / Message.BlockLength * Message.BlockLength).ShouldBe(ChainCodec.Block);
        ChainCodec.TryDecode(message.Kind, bytes, out var back).ShouldBeTrue();
        back!.ToString().ShouldBe(message.ToString());
        Encode(back).ShouldBe(bytes);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_truncated_or_longer_body_is_no_message(int sample)
    {
        var message = Samples()[sample];
        var bytes = Encode(message);
        for (var length = 0; length < bytes.Length; length++)
            ChainCodec.TryDecode(message.Kind, bytes.AsMemory(0, length), out _).ShouldBeFalse();
        ChainCodec.TryDecode(message.Kind, (byte[])[.. bytes, 0], out _).ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_flipped_bit_is_either_noticed_or_another_well_formed_message(int sample)
    {
        var message = Samples()[sample];
        var bytes = Encode(message);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            if (ChainCodec.TryDecode(message.Kind, bytes, out var other)) Encode(other!).ShouldBe(bytes);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Noise_is_no_message()
    {
        var dice = new Prng(1);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[dice.Below(200)];
            for (var b = 0; b < bytes.Length; b++) bytes[b] = (byte)dice.Below(256);
            ChainCodec.TryDecode((byte)dice.Below(256), bytes, out var message);
            if (message is not null) Encode(message).ShouldBe(bytes);
        }
    }

    private static byte[] Encode(Message message)
    {
        var output = new ArrayBufferWriter<byte>();
        message.Encode(output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Frames()
    {
        var log = new FrameLog<Epoch>();
        var keyed = new KeyedLog(log, new DirtyKeys());
        keyed.Append(new Epoch(3), EntryKind.Command, 77, Encoding.UTF8.GetBytes("a=1"));
        keyed.Append(new Epoch(5), EntryKind.NoOp, 0, default);
        keyed.Append(new Epoch(5), EntryKind.Command, 0, Encoding.UTF8.GetBytes("all"));
        return log.Frames(new LogIndex(1), log.LastIndex, long.MaxValue, out _).ToArray();
    }

    private static List<Message> Samples() =>
    [
        new Forward
        {
            Epoch = new(5),
            PrevIndex = new(7),
            PrevEpoch = new(3),
            Stable = new(6),
            Commit = new(4),
            Entries = Frames(),
        },
        new Forward { Epoch = new(5), PrevIndex = new(7), PrevEpoch = new(3), Ping = true },
        new Acknowledge { Epoch = new(5), Received = new(9), Durable = new(8), Commit = new(7), Incarnation = 2 },
        new Resume { Epoch = new(5), LastIndex = new(9), LastEpoch = new(4), Incarnation = 2 },
        new VersionQuery { Epoch = new(5), Context = 77 },
        new VersionReply { Epoch = new(5), Context = 77, Index = new(8) },
        new SnapshotPiece
        {
            Epoch = new(5),
            Index = new(90),
            IndexEpoch = new(4),
            Piece = 2,
            PieceCount = 3,
            Data = new byte[] { 1, 2, 3 },
        },
        new SnapshotAck { Epoch = new(5), Index = new(90), NextPiece = 2, Incarnation = 3 },
    ];
}
