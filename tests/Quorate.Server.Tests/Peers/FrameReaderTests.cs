using System.Buffers.Binary;
using Quorate.Server.Peers;

namespace Quorate.Server.Tests.Peers;

public sealed class FrameReaderTests
{
    [Fact]
    public void The_same_frames_however_the_bytes_are_cut()
    {
        var dice = new Random(11);
        for (var run = 0; run < 500; run++)
        {
            var frames = Enumerable.Range(0, dice.Next(1, 8)).Select(_ =>
            {
                var frame = new byte[dice.Next(200)];
                dice.NextBytes(frame);
                return frame;
            }).ToList();
            var stream = frames.SelectMany(f => Prefix(f.Length).Concat(f)).ToArray();
            var reader = new FrameReader(1000);
            var found = new List<byte[]>();
            for (var at = 0; at < stream.Length;)
            {
                var length = Math.Min(dice.Next(1, 60), stream.Length - at);
                reader.Take(stream.AsMemory(at, length), found, static (to, frame) =>
                {
                    to.Add(frame.ToArray());
                    return true;
                }).ShouldBeTrue();
                at += length;
            }

            found.Count.ShouldBe(frames.Count);
            for (var i = 0; i < found.Count; i++) found[i].ShouldBe(frames[i]);
            reader.CarriedBytes.ShouldBe(0);
        }
    }

    [Fact]
    public void A_length_beyond_the_limit_ends_it()
    {
        var reader = new FrameReader(1000);
        reader.Take(Prefix(1001).ToArray(), 0, static (_, _) => true).ShouldBeFalse();
    }

    [Fact]
    public void A_refused_frame_ends_it() =>
        new FrameReader(1000).Take(Prefix(0).ToArray(), 0, static (_, _) => false).ShouldBeFalse();

    [Fact]
    public void A_claimed_length_costs_nothing()
    {
        var reader = new FrameReader(600 * 1024 * 1024);
        var claim = Prefix(600 * 1024 * 1024).ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();
        reader.Take(claim, 0, static (_, _) => true).ShouldBeTrue();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100_000);
    }

    private static IEnumerable<byte> Prefix(int length)
    {
        var prefix = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(prefix, length);
        return prefix;
    }
}
