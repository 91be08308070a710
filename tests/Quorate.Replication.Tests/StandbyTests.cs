using System.Buffers;

namespace Quorate.Replication.Tests;

public sealed class StandbyTests
{
    [Fact]
    public void What_is_written_is_read_back_and_damaged_bytes_are_refused()
    {
        var standby = new Standby([new(4), new(5)], [new Feed(new(6), new(2)), new Feed(new(7), default)]);
        var output = new ArrayBufferWriter<byte>();
        standby.Write(output, 90_000);
        var bytes = output.WrittenSpan;
        Standby.TryRead(ref bytes, out var back, out var delay).ShouldBeTrue();
        (back, delay, bytes.Length).ShouldBe((standby, 90_000, 0));
        for (var length = 0; length < output.WrittenCount; length++)
        {
            bytes = output.WrittenSpan[..length];
            Standby.TryRead(ref bytes, out _, out _).ShouldBeFalse();
        }

        var dice = new Prng(5);
        for (var round = 0; round < 2000; round++)
        {
            byte[] damaged = [.. output.WrittenSpan];
            damaged[dice.Below(damaged.Length)] = (byte)dice.Below(256);
            bytes = damaged;
            if (!Standby.TryRead(ref bytes, out back, out _)) continue;
            back.Delayed.Concat(back.Feeds.Select(f => f.Replica))
                .Distinct().Count().ShouldBe(back.Delayed.Count + back.Feeds.Count);
        }
    }

    [Fact]
    public void Who_goes_feeds_nobody()
    {
        var group = new GroupConfiguration(new(3), new(1), [new(1), new(2)], [new(3), new(4)])
        {
            Standby = new Standby([new(3)], [new Feed(new(4), new(2))]),
        };
        (group.SourceOf(new(4)), group.SourceOf(new(3)), group.SourceOf(new(2)))
            .ShouldBe((new NodeId(2), new NodeId(1), new NodeId(1)));
        var next = group.Without(new(2));
        next.SourceOf(new(4)).ShouldBe(new NodeId(1), "by the primary all the same");
        next.Without(new(3)).Standby.Delayed.ShouldBeEmpty();
        next.Without(new(4)).Standby.Feeds.ShouldBeEmpty();
    }
}
