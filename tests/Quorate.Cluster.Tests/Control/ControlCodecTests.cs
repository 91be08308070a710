using System.Buffers;
using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Policies;
using static Quorate.Cluster.Tests.Control.MapBuilder;

namespace Quorate.Cluster.Tests.Control;

/// <summary>Entries and heartbeats as bytes: each has one encoding, and nothing else decodes to it.</summary>
public sealed class ControlCodecTests
{
    private static readonly GroupConfiguration Some = new(new(7), N(2), Ns(2, 1), Ns(3));

    private static readonly Policy Behind = PolicyDefaults.For(Strategy.Primary) with
    {
        Delayed = 1,
        DelayMilliseconds = 90_000,
        Cascaded = 2,
    };

    private static readonly GroupConfiguration Fed = Some with
    {
        Learners = Ns(3, 4, 5),
        Standby = new Standby(Ns(4), [new Feed(N(5), N(1)), new Feed(N(3), default)]),
        Rule = GroupRule.Of(Behind),
    };

    private static readonly ControlCommand[] Commands =
    [
        new Bootstrap([Entry(1, "z1"), Entry(2, null, NodeState.Draining)]),
        new AddNode(N(4), "vier", "a:1", "b:2", "c:3", new NodeLabels(null, "rü", "z")),
        new SetLabels(N(4), new NodeLabels()),
        new AdmitNode(N(1)), new DrainNode(N(2)), new RemoveNode(N(3)),
        new CreateKeyspace(
            "orders", -1, PolicyDefaults.For(Strategy.Primary) with { Spread = "zone" }, [Ns(1, 2, 3), Ns(3, 2, 1)]),
        new CreateKeyspace("behind", -1, Behind, [Ns(1, 2, 3, 4, 5, 6)]),
        new SetConfiguration(new(17), new(6), Fed with { Rule = null }),
        new AlterKeyspace("orders", PolicyDefaults.For(Strategy.Chain)),
        new DropKeyspace("orders"),
        new SetConfiguration(new(17), new(6), Some, AdoptPolicy: true),
        new Seal(new(17), new(6)), new Settle(new(17), new(6)),
        new SetDefaultPolicy(PolicyDefaults.For(Strategy.Raft)),
    ];

    private static readonly Message[] Messages =
    [
        new Heartbeat(),
        new Heartbeat
        {
            Incarnation = 3, SentAt = -5, OldestUnsyncedMilliseconds = 12, LastSyncMilliseconds = 3,
            Groups = [new(new(17), new ReplicaReport(new(3), new(2), new(90), new(80), false), Some, true), new(new(1), default)],
            BasedOn = 70, Gone = [new(4), new(9)],
        },
        new HeartbeatReply { LeaseMilliseconds = 1 },
        new HeartbeatReply { LeaseMilliseconds = 1, WantsAll = true },
        new HeartbeatReply
        {
            Incarnation = 3,
            SentAt = 77, LeaseMilliseconds = 1000, MapVersion = 9,
            Assignments = [new(new(17), PolicyDefaults.For(Strategy.Chain), Some), new(new(18), Behind, Fed)],
            Grants = [(new(17), new(7)), (new(18), new(1))], HandOvers = [(new(17), N(2))], Dropped = [new(19)],
        },
    ];

    public static TheoryData<int> CommandNumbers => [.. Enumerable.Range(0, Commands.Length)];

    public static TheoryData<int> MessageNumbers => [.. Enumerable.Range(0, Messages.Length)];

    [Theory]
    [MemberData(nameof(CommandNumbers))]
    public void A_command_survives_its_bytes_and_nothing_like_them(int number) => Check(Commands[number].Encode(), Again);

    [Theory]
    [MemberData(nameof(MessageNumbers))]
    public void A_message_survives_its_bytes_and_nothing_like_them(int number)
    {
        var kind = Messages[number].Kind;
        kind.ShouldBeInRange((byte)8, (byte)15);
        Check(Bytes(Messages[number]), body => AgainMessage(kind, body));
    }

    [Fact]
    public void Noise_is_no_command_and_no_message()
    {
        var dice = new Prng(4);
        for (var i = 0; i < 30_000; i++)
        {
            var bytes = new byte[dice.Below(120)];
            for (var b = 0; b < bytes.Length; b++) bytes[b] = (byte)dice.Below(dice.Chance(500) ? 256 : 14);
            if (Again(bytes) is { } command) command.ShouldBe(bytes);
            if (AgainMessage(Heartbeat.WireKind, bytes) is { } heartbeat) heartbeat.ShouldBe(bytes);
            if (AgainMessage(HeartbeatReply.WireKind, bytes) is { } reply) reply.ShouldBe(bytes);
        }
    }

    private static void Check(byte[] bytes, Func<byte[], byte[]?> again)
    {
        again(bytes).ShouldBe(bytes);
        for (var length = 0; length < bytes.Length; length++) again(bytes[..length]).ShouldBeNull();
        again([.. bytes, 0]).ShouldBeNull();
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            if (again(flipped) is { } other) other.ShouldBe(flipped);
        }
    }

    private static byte[]? Again(byte[] bytes) => ControlCodec.TryDecode(bytes, out var command) ? command!.Encode() : null;

    private static byte[]? AgainMessage(ushort kind, byte[] body)
    {
        if (kind == Heartbeat.WireKind) return Heartbeat.TryDecode(body, out var heartbeat) ? Bytes(heartbeat!) : null;
        return HeartbeatReply.TryDecode(body, out var reply) ? Bytes(reply!) : null;
    }

    private static byte[] Bytes(Message message)
    {
        var output = new ArrayBufferWriter<byte>();
        message.Encode(output);
        return output.WrittenSpan.ToArray();
    }
}
