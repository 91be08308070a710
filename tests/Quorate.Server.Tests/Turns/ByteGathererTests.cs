using Quorate.Server.Turns;

namespace Quorate.Server.Tests.Turns;

public sealed class ByteGathererTests
{
    [Fact]
    public void Keeps_what_was_appended_less_what_was_dropped()
    {
        var dice = new Random(7);
        var gatherer = new ByteGatherer(1024);
        var expected = new List<byte>();
        for (var step = 0; step < 2000; step++)
        {
            if (dice.Next(2) == 0)
            {
                var bytes = new byte[dice.Next(300)];
                dice.NextBytes(bytes);
                gatherer.Append(bytes);
                expected.AddRange(bytes);
            }
            else
            {
                var count = dice.Next(expected.Count + 1);
                gatherer.DropFirst(count);
                expected.RemoveRange(0, count);
            }

            gatherer.Span.SequenceEqual(expected.ToArray()).ShouldBeTrue();
        }
    }

    [Fact]
    public void Gives_a_large_buffer_back_when_it_is_empty()
    {
        var gatherer = new ByteGatherer(64 * 1024);
        gatherer.Append(new byte[100]);
        gatherer.Clear();
        gatherer.Capacity.ShouldBeGreaterThan(0);
        gatherer.Append(new byte[1_000_000]);
        gatherer.Clear();
        gatherer.Capacity.ShouldBe(0);
    }
}
