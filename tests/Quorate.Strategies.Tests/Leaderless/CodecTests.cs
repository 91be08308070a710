using System.Buffers;
using System.Text;
using Quorate.Replication;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.Leaderless;

/// <summary>Messages as bytes: whole, cut and changed.</summary>
public sealed class CodecTests
{
    [Fact]
    public void There_is_a_sample_of_every_kind() =>
        Samples().Select(m => m.Kind).Distinct().Order().ShouldBe(WireKinds.Beside(typeof(LeaderlessCodec)));

    [Fact]
    public void Every_message_comes_back_as_it_was()
    {
        foreach (var message in Samples())
        {
            var bytes = Encode(message);
            LeaderlessCodec.TryDecode(message.Kind, bytes, out var decoded).ShouldBeTrue(message.ToString());
            decoded!.ToString().ShouldBe(message.ToString());
            Encode(decoded).ShouldBe(bytes);
            (message.Kind / Message.BlockLength * Message.BlockLength).ShouldBe(LeaderlessCodec.Block);
        }
    }

    [Fact]
    public void Bytes_that_are_cut_are_no_message()
    {
        foreach (var message in Samples())
        {
            var bytes = Encode(message);
            for (var length = 0; length < bytes.Length; length++)
                LeaderlessCodec.TryDecode(message.Kind, bytes.AsMemory(0, length), out _).ShouldBeFalse();
            LeaderlessCodec.TryDecode(message.Kind, (byte[])[.. bytes, 0], out _).ShouldBeFalse();
        }
    }

    [Fact]
    public void Bytes_that_are_changed_are_refused_or_are_another_message_and_no_replica_minds()
    {
        var dice = new Prng(11);
        var world = new LeaderlessWorld(3);
        foreach (var message in Samples())
        {
            var bytes = Encode(message);
            for (var i = 0; i < 500; i++)
            {
                var changed = bytes.ToArray();
                for (var n = 1 + dice.Below(3); n > 0; n--) changed[dice.Below(changed.Length)] = (byte)dice.Below(256);
                if (!LeaderlessCodec.TryDecode(message.Kind, changed, out var decoded)) continue;
                Encode(decoded!).ShouldBe(changed);
                if (message is not Ping) world.World.Inject(2, 1, decoded!);
            }
        }

        world.World.Network.Clear();
        world.Do(1, "SET x 1").ShouldBe("OK");
    }

    [Fact]
    public void Numbers_of_requests_are_new_once_in_any_order()
    {
        var dice = new Prng(3);
        var (arrivals, known, highest) = (new Arrivals(), new HashSet<long>(), 0L);
        for (var i = 0; i < 50_000; i++)
        {
            var number = Math.Max(1, highest + dice.Between(-9000, dice.Chance(10) ? 9000 : 3));
            highest = Math.Max(highest, number);
            var isNew = arrivals.TryAdd(1, number);
            if (number <= highest - 8192) isNew.ShouldBeFalse();
            else isNew.ShouldBe(known.Add(number));
        }

        arrivals.TryAdd(2, 1).ShouldBeTrue("another start counts anew");
        arrivals.TryAdd(1, highest + 1).ShouldBeFalse("and the older one is over");
    }

    private static byte[] Encode(Message message)
    {
        var output = new ArrayBufferWriter<byte>();
        message.Encode(output);
        return output.WrittenSpan.ToArray();
    }

    private static List<Message> Samples()
    {
        var entries = new ArrayBufferWriter<byte>();
        Store.WriteEntry(entries, 0, default, Encoding.UTF8.GetBytes("delta"));
        Store.WriteEntry(entries, 63, new NodeId(3), Encoding.UTF8.GetBytes("hint"));
        return
        [
            new Ping
            {
                Epoch = new(3),
                Incarnation = 2,
                Hints = 5,
                Accepted = new(4),
                KnowsPast = true,
                Generations = new byte[] { 0 },
                Settled = new byte[] { 1 },
                Held = new byte[] { 7 },
                Complete = new byte[] { 3 },
            },
            new Coordinate
            {
                Number = 9,
                Incarnation = 2,
                ReceiverIncarnation = 4,
                Partition = 17,
                IsWrite = true,
                Payload = new byte[] { 1, 2, 3 },
            },
            new CoordinateReply { Number = 9, Incarnation = 2, Outcome = OutcomeKind.Done, Reply = "+OK\r\n"u8.ToArray() },
            new CoordinateReply { Number = 9, Incarnation = 2, Outcome = OutcomeKind.Unknown, Reply = "why"u8.ToArray() },
            new Store { Epoch = new(3), Incarnation = 2, Batch = 12, Count = 2, Entries = entries.WrittenMemory },
            new Stored { Incarnation = 2, Batch = 12, Refused = [1, 4] },
            new Query
            {
                Epoch = new(3),
                Operation = 77,
                Partition = 5,
                IsExact = true,
                Keys = ["a"u8.ToArray(), "b"u8.ToArray()],
                Versions = [0, ulong.MaxValue],
            },
            new State { Operation = 77, IsNew = true, Versions = [0, 9], States = [default, new byte[] { 4 }] },
            new Compare { Epoch = new(3), Partition = 5, Round = 8, Step = RepairStep.Digests, Body = new byte[] { 0, 1, 0 } },
            new Compare { Epoch = new(3), Partition = 0, Round = 8, Step = RepairStep.States, Body = new byte[] { 1, 1, 65 } },
            new Compared
            {
                Epoch = new(3),
                Incarnation = 2,
                Partition = 5,
                Round = 8,
                Step = RepairStep.Range,
                Body = new byte[] { 0, 0 },
            },
        ];
    }
}
