using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;
using Quorate.Strategies.MultiLeader;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.MultiLeader;

public sealed class CodecTests
{
    [Fact]
    public void There_is_a_sample_of_every_kind() =>
        Messages().Select(m => m.Kind).Distinct().Order().ShouldBe(WireKinds.Beside(typeof(MultiLeaderCodec)));

    [Fact]
    public void Every_message_round_trips()
    {
        foreach (var message in Messages())
        {
            var bytes = Encode(message);
            MultiLeaderCodec.TryDecode(message.Kind, bytes, out var decoded).ShouldBeTrue(message.ToString());
            decoded!.ToString().ShouldBe(message.ToString());
            Encode(decoded).ShouldBe(bytes);
        }
    }

    [Fact]
    public void Cut_and_changed_bytes_are_refused_or_read_but_never_throw()
    {
        var dice = new Prng(7);
        var refused = 0;
        foreach (var message in Messages())
        {
            var bytes = Encode(message);
            for (var length = 0; length < bytes.Length; length++)
                MultiLeaderCodec.TryDecode(message.Kind, bytes.AsMemory(0, length), out _).ShouldBeFalse();
            for (var i = 0; i < 2000; i++)
            {
                var changed = bytes.ToArray();
                for (var n = dice.Below(3); n >= 0; n--) changed[dice.Below(changed.Length)] = (byte)dice.Below(256);
                if (!MultiLeaderCodec.TryDecode(message.Kind, changed, out _)) refused++;
            }
        }

        refused.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Kinds_of_others_are_not_decoded()
    {
        for (var kind = 0; kind < 256; kind++)
            if (kind is < 128 or > 159) MultiLeaderCodec.TryDecode((byte)kind, new byte[16], out _).ShouldBeFalse();
    }

    [Fact]
    public void What_one_set_of_updates_lacks_of_another_is_what_is_left_of_it()
    {
        var dice = new Prng(3);
        for (var round = 0; round < 2000; round++)
        {
            var (all, known) = (RandomContext(dice), RandomContext(dice));
            var rest = Contexts.Minus(all, known);
            for (var node = 1; node <= 2; node++)
            {
                for (var counter = 1; counter <= 20; counter++)
                {
                    var dot = new Dot(new NodeId(node), counter);
                    rest.Contains(dot).ShouldBe(all.Contains(dot) && !known.Contains(dot));
                }
            }

            known.Join(rest);
            known.Covers(all).ShouldBeTrue();
        }
    }

    private static DotContext RandomContext(Prng dice)
    {
        var context = new DotContext();
        for (var n = dice.Below(5); n > 0; n--)
        {
            var after = dice.Below(18);
            context.Add(new DotRun(new NodeId(1 + dice.Below(2)), after, after + 1 + dice.Below(20 - after)));
        }

        return context;
    }

    private static List<MultiLeaderMessage> Messages()
    {
        var seen = new DotContext();
        seen.Add(new DotRun(new NodeId(1), 0, 17));
        seen.Add(new DotRun(new NodeId(2), 4, 5L << 40));
        var frames = new ArrayBufferWriter<byte>();
        var dependencies = new ArrayBufferWriter<byte>();
        seen.Encode(dependencies);
        Frame.Write(frames, new DotRun(new NodeId(3), 7, 9), dependencies.WrittenSpan, [1, 2, 3]);
        Frame.Write(frames, new DotRun(new NodeId(3), 9, 10), [], [4]);
        var states = new ArrayBufferWriter<byte>();
        Packing.WriteBytes(states, [9, 8]);
        Packing.WriteBytes(states, [7]);
        return
        [
            new Deltas { Incarnation = 3, Round = 4, Frames = frames.WrittenMemory },
            new Told
            {
                Incarnation = 3,
                Round = 4,
                Flags = ToldFlags.NeedsState | ToldFlags.IsAnswer,
                UnixMilliseconds = -5,
                Seen = seen,
            },
            new Pull { Incarnation = 3, Transfer = 4, From = ulong.MaxValue },
            new States
            {
                Incarnation = 3,
                Transfer = 4,
                From = 1,
                Next = 2,
                IsLast = true,
                IsWhole = true,
                Seen = seen,
                Shows = seen,
                Summary = new byte[] { 1 },
                State = new byte[] { 2, 3 },
            },
            new Changes
            {
                Incarnation = 3,
                ReceiverIncarnation = 2,
                Round = 1,
                Piece = 5,
                Seen = seen,
                Shows = seen,
                Summary = new byte[] { 1 },
                States = states.WrittenMemory,
            },
            new ChangesResponse { Incarnation = 3, Round = 1, NextPiece = 6 },
            new Compare
            {
                Incarnation = 3,
                Within = 63,
                IsAnswer = true,
                Seen = seen,
                Digests = [.. Enumerable.Range(0, 64).Select(i => (ulong)i << i)],
            },
        ];
    }

    private static byte[] Encode(Message message)
    {
        var output = new ArrayBufferWriter<byte>();
        message.Encode(output);
        return output.WrittenSpan.ToArray();
    }
}
