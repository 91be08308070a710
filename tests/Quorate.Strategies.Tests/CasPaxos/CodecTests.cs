using System.Buffers;
using Quorate.Replication;
using Quorate.Strategies.CasPaxos;
using Quorate.Strategies.Tests.Harness;

namespace Quorate.Strategies.Tests.CasPaxos;

public sealed class CodecTests
{
    [Fact]
    public void What_is_on_the_wire_comes_back_the_same()
    {
        var group = new CasPaxosGroup(3, new CasPaxosOptions { Durable = false, CollectTicks = 10 });
        var kinds = new HashSet<ushort>();
        group.World.AfterStep = _ =>
        {
            foreach (var envelope in group.World.Network)
            {
                kinds.Add(envelope.Kind);
                CasPaxosCodec.TryDecode(envelope.Kind, envelope.Body, out var message).ShouldBeTrue();
                var again = new ArrayBufferWriter<byte>();
                message!.Encode(again);
                again.WrittenSpan.SequenceEqual(envelope.Body).ShouldBeTrue();
                message.ToString().ShouldBe(envelope.Text);
            }
        };
        group.Do(1, "SET x a");
        group.Do(2, "DEL x");
        group.Do(3, "SET y b");
        group.Ticks(40);
        group.World.Crash(group[3]);
        group.World.Start(group[3]);
        group.TakeWish().ShouldBeTrue();
        group.Ticks(20);
        kinds.Order().ShouldBe(WireKinds.Beside(typeof(CasPaxosCodec)));
    }

    [Fact]
    public void Bytes_that_are_no_message_are_refused_and_never_throw()
    {
        var dice = new Prng(7);
        var group = new CasPaxosGroup(3);
        var bodies = new List<(ushort Kind, byte[] Body)>();
        group.World.AfterStep = _ => bodies.AddRange(group.World.Network.Select(e => (e.Kind, e.Body)));
        group.Do(1, "SET x abc");
        group.Do(2, "GET x");
        group.Do(2, "DEL x");
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var (kind, body) = bodies[dice.Below(bodies.Count)];
            body = [.. body];
            switch (dice.Below(3))
            {
                case 0: body = body[..dice.Below(body.Length)]; break;
                case 1: body[dice.Below(body.Length)] = (byte)dice.Below(256); break;
                default: body = [.. body, (byte)dice.Below(256)]; break;
            }

            if (CasPaxosCodec.TryDecode((byte)(dice.Chance(50) ? dice.Between(192, 223) : kind), body, out var message))
                message!.ToString().ShouldNotBeNull();
            else refused++;
        }

        refused.ShouldBeGreaterThan(5000);
    }

    [Fact]
    public void A_record_that_is_none_is_refused()
    {
        var group = new CasPaxosGroup(3);
        group.Do(1, "SET x abc");
        var dice = new Prng(3);
        foreach (var (_, record) in group[1].Disk.Records)
        {
            for (var i = 0; i < 500; i++)
            {
                byte[] broken = [.. record];
                if (dice.Chance(500)) broken = broken[..dice.Below(broken.Length)];
                else broken[dice.Below(broken.Length)] = (byte)dice.Below(256);
                var machine = new TextMachine((_, _) => { });
                new CasPaxosReplica(new NodeId(1), new CasPaxosOptions(), machine, group[1].Disk, 2, 1)
                    .Recover(broken, new PersistPoint(1));
            }
        }

        new CasPaxosReplica(new NodeId(1), new CasPaxosOptions(), new TextMachine((_, _) => { }), group[1].Disk, 2, 1)
            .Recover([9, 9], new PersistPoint(1)).ShouldBeFalse();
    }
}
