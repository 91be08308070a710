using System.Buffers;
using Quorate.Replication;
using Quorate.Strategies.Raft;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Raft;

public sealed class CodecTests
{
    public static TheoryData<int> Kinds => [.. Enumerable.Range(0, Samples().Count)];

    [Fact]
    public void There_is_a_sample_of_every_kind() =>
        Samples().Select(m => m.Kind).Distinct().Order().ShouldBe(WireKinds.Beside(typeof(RaftCodec)));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_survives_its_bytes(int sample)
    {
        var message = Samples()[sample];
        var bytes = Encode(message);
        RaftCodec.TryDecode(message.Kind, bytes, out var back).ShouldBeTrue();
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
            RaftCodec.TryDecode(message.Kind, bytes.AsMemory(0, length), out _).ShouldBeFalse();
        RaftCodec.TryDecode(message.Kind, (byte[])[.. bytes, 0], out _).ShouldBeFalse();
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
            if (RaftCodec.TryDecode(message.Kind, bytes, out var other)) Encode(other!).ShouldBe(bytes);
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
            RaftCodec.TryDecode((byte)dice.Below(256), bytes, out var message);
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
        new RequestVote { Term = new(5), PreVote = true, LastLogIndex = new(9), LastLogTerm = new(4) },
        new RequestVote { Term = new(5), Transfer = true, LastLogIndex = new(9), LastLogTerm = new(4) },
        new RequestVoteResponse { Term = new(5), Granted = true, Amnesia = true },
        new AppendEntries
        {
            Term = new(5), PrevLogIndex = new(7), PrevLogTerm = new(3), LeaderCommit = new(6), Round = 3, SentAt = -5,
            LeaderLastIndex = new(11), DropIndex = new(2), FollowerIncarnation = 4, Entries = Journals.Frames(8, 3, 3, 5),
        },
        new AppendEntries { Term = new(5), PrevLogIndex = new(7), PrevLogTerm = new(3) },
        new AppendEntriesResponse
        {
            Term = new(5),
            Success = true,
            MatchIndex = new(8),
            LastIndex = new(9),
            Round = 2,
            SentAt = long.MinValue,
            Incarnation = 1,
        },
        new AppendEntriesResponse { Term = new(5), LastIndex = new(9), HintIndex = new(4), HintTerm = new(2) },
        new InstallSnapshot
        {
            Term = new(5), LastIncludedIndex = new(90), LastIncludedTerm = new(4), Piece = 2, PieceCount = 3,
            ConfigurationBytes = new Configuration(RaftProtocol.Ids(3)).Encode(), Data = new byte[] { 1, 2, 3 },
        },
        new InstallSnapshotResponse { Term = new(5), LastIncludedIndex = new(90), NextPiece = 2, Incarnation = 3 },
        new TimeoutNow { Term = new(5) },
        new ReadIndex { Term = new(5), Context = 77 },
        new ReadIndexResponse { Term = new(5), Context = 77, Index = new(8) },
        new Quiesce { Term = new(5), Question = 6, LastIndex = new(9) },
        new QuiesceResponse { Term = new(5), Question = 6, Agrees = true },
        new QuiesceResponse { Term = new(5), Question = 6 },
    ];
}
