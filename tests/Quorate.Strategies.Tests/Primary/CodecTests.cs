using System.Buffers;
using System.Text;
using Quorate.Replication;
using Quorate.Replication.Ordered;
using Quorate.Strategies.Primary;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Primary;

public sealed class CodecTests
{
    public static TheoryData<int> Kinds => [.. Enumerable.Range(0, Samples().Count)];

    [Fact]
    public void There_is_a_sample_of_every_kind() =>
        Samples().Select(m => m.Kind).Distinct().Order().ShouldBe(WireKinds.Beside(typeof(PrimaryCodec)));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_survives_its_bytes(int sample)
    {
        var message = Samples()[sample];
        var bytes = Encode(message);
        PrimaryCodec.TryDecode(message.Kind, bytes, out var back).ShouldBeTrue();
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
            PrimaryCodec.TryDecode(message.Kind, bytes.AsMemory(0, length), out _).ShouldBeFalse();
        PrimaryCodec.TryDecode(message.Kind, (byte[])[.. bytes, 0], out _).ShouldBeFalse();
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
            if (PrimaryCodec.TryDecode(message.Kind, bytes, out var other)) Encode(other!).ShouldBe(bytes);
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
            PrimaryCodec.TryDecode((byte)dice.Below(256), bytes, out var message);
            if (message is not null) Encode(message).ShouldBe(bytes);
        }
    }

    private static byte[] Encode(Message message)
    {
        var output = new ArrayBufferWriter<byte>();
        message.Encode(output);
        return output.WrittenSpan.ToArray();
    }

    private static List<Message> Samples() =>
    [
        new Append
        {
            Epoch = new(5), PrevIndex = new(7), PrevEpoch = new(3), CommitIndex = new(6), LastIndex = new(11), DropIndex = new(2),
            BackupIncarnation = 4, Entries = Frames(3, 3, 5),
        },
        new Append { Epoch = new(5), PrevIndex = new(7), PrevEpoch = new(3) },
        new AppendResponse { Epoch = new(5), Success = true, MatchIndex = new(8), LastIndex = new(9), Incarnation = 1 },
        new AppendResponse { Epoch = new(5), LastIndex = new(9), HintIndex = new(4), HintEpoch = new(2) },
        new AppendResponse { Epoch = new(5), Success = true, NeedsSnapshot = true, LastIndex = new(9), HintIndex = new(4) },
        new Announce { Epoch = new(5), Configuration = PrimaryWorld.Group(5, 2, [1, 2], 3, 4) },
        new Announce { Epoch = new(5), Configuration = PrimaryWorld.Group(5, 0, [1, 2]) },
        new InstallSnapshot
        {
            Epoch = new(5),
            Index = new(90),
            IndexEpoch = new(4),
            Piece = 2,
            PieceCount = 3,
            Past = (byte[])[1, 0, 0, 0, 0, 0, 0, 0, .. History()],
            Data = new byte[] { 1, 2, 3 },
        },
        new InstallSnapshotResponse { Epoch = new(5), Index = new(90), NextPiece = 2, Incarnation = 3 },
        new Changes
        {
            Epoch = new(5),
            PrevIndex = new(40),
            PrevEpoch = new(2),
            Index = new(90),
            IndexEpoch = new(4),
            History = History(),
            Effect = new byte[] { 9 },
        },
        new HistoryQuery { Epoch = new(5) },
        new HistoryReply { Epoch = new(5), Index = new(90), IndexEpoch = new(4), History = History() },
        new ReadIndex { Epoch = new(5), Context = 77 },
        new ReadIndexResponse { Epoch = new(5), Context = 77, Index = new(8) },
    ];

    private static byte[] History()
    {
        var runs = new StampRuns<Epoch>();
        runs.Append(new LogIndex(1), new Epoch(2));
        runs.Append(new LogIndex(50), new Epoch(4));
        return runs.Encode(new LogIndex(90));
    }

    private static byte[] Frames(params long[] epochs)
    {
        var log = new FrameLog<Epoch>(keepsHistory: true);
        foreach (var epoch in epochs) log.Append(new Epoch(epoch), EntryKind.Command, Encoding.UTF8.GetBytes($"of {epoch}"));
        return log.Frames(new LogIndex(1), long.MaxValue, out _).ToArray();
    }
}
