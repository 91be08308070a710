using System.Buffers;
using System.Reflection;
using Quorate.Cluster.Peers;
using Quorate.Cluster.Turns;
using Quorate.Replication;
using Quorate.Strategies;
using Quorate.Strategies.Raft;

namespace Quorate.Cluster.Tests;

public sealed class MessageKindTests
{
    private const string StrategiesNamespace = "Quorate.Strategies.";

    private static readonly IReadOnlyList<Type> Messages =
    [
        .. new[] { typeof(Node).Assembly, typeof(RaftReplica).Assembly }
            .SelectMany(a => a.GetTypes())
            .Where(t => !t.IsAbstract && t.IsSubclassOf(typeof(Message)))
            .OrderBy(t => t.FullName, StringComparer.Ordinal),
    ];

    [Fact]
    public void No_two_messages_have_the_same_kind()
    {
        Messages.Count.ShouldBeGreaterThan(40);
        foreach (var message in Messages) KindsOf(message).ShouldNotBeEmpty($"{message.Name} says its kind");
        var kinds = Messages.SelectMany(m => KindsOf(m).Select(k => (Kind: k, m.FullName))).ToList();
        kinds.GroupBy(k => k.Kind).Where(g => g.Count() > 1).Select(g => string.Join(", ", g)).ShouldBeEmpty();
    }

    [Fact]
    public void Each_strategy_has_a_block_of_its_own_and_the_node_the_first()
    {
        var blocks = Messages.GroupBy(FolderOf)
            .ToDictionary(g => g.Key, g => g.SelectMany(KindsOf).Select(k => k / Message.BlockLength).Distinct().ToList());
        foreach (var (folder, of) in blocks) of.Count.ShouldBe(1, $"the kinds of {folder} lie in one block");
        blocks[""].ShouldBe([0]);
        blocks.Values.SelectMany(b => b).ShouldBeUnique();
    }

    /// <remarks>That each kind is read back as what it was, the tests of each strategy's codec show.</remarks>
    [Fact]
    public void Each_block_is_read_by_its_strategy()
    {
        foreach (var block in Messages.Where(m => FolderOf(m).Length > 0).GroupBy(FolderOf))
        {
            var decoded = block.ToDictionary(m => m, m => Guessed(KindsOf(m).Single()));
            decoded.Values.ShouldContain(t => t != null, block.Key);
            foreach (var (message, read) in decoded) if (read is not null) read.ShouldBe(message);
        }

        foreach (var foreign in (ReadOnlySpan<ushort>)[0, 31, 255, 0x7F01, ushort.MaxValue]) Guessed(foreign).ShouldBeNull();
    }

    [Fact]
    public void A_kind_of_two_bytes_survives_the_frame()
    {
        var output = new ArrayBufferWriter<byte>();
        PeerFrame.Write(output, new GroupId(7), new HighKind(), new ArrayBufferWriter<byte>());
        PeerFrame.TryRead(output.WrittenMemory[PeerFrame.LengthBytes..], out var kind, out var group, out var body)
            .ShouldBeTrue();
        (kind, group, body.Length).ShouldBe((HighKind.WireKind, new GroupId(7), 3));
        for (var length = 0; length < output.WrittenCount - PeerFrame.LengthBytes; length++)
            PeerFrame.TryRead(output.WrittenMemory.Slice(PeerFrame.LengthBytes, length), out _, out _, out _).ShouldBeFalse();
    }

    private static string FolderOf(Type message) =>
        message.Namespace!.StartsWith(StrategiesNamespace, StringComparison.Ordinal)
            ? message.Namespace[StrategiesNamespace.Length..] : "";

    private static List<ushort> KindsOf(Type message) =>
        [.. message
            .GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(f => f is { IsLiteral: true, Name: "WireKind" or "AnswerKind" })
            .Select(f => (ushort)f.GetRawConstantValue()!)];

    /// <summary>What some body of that kind is read as: most of them are no message, some are.</summary>
    private static Type? Guessed(ushort kind)
    {
        var prng = new Prng(kind);
        for (var attempt = 0; attempt < 20_000; attempt++)
        {
            var body = new byte[attempt % 160];
            var most = attempt / 160 % 4;
            for (var i = 0; i < body.Length; i++) body[i] = most == 0 || prng.Chance(700) ? (byte)0 : (byte)prng.Below(most + 1);
            if (Decoded(kind, body) is { } message) return message;
        }

        return null;
    }

    private static Type? Decoded(ushort kind, byte[] body) =>
        StrategyTable.All.TryDecode(kind, body, out var message) ? message!.GetType() : null;

    private sealed class HighKind : Message
    {
        public const ushort WireKind = 0xA1B2;

        public override ushort Kind => WireKind;

        public override void Encode(IBufferWriter<byte> output) => output.Write((ReadOnlySpan<byte>)[1, 2, 3]);
    }
}
