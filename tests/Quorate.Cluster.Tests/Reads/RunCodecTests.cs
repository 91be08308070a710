using System.Text;
using Quorate.Cluster.Forwarding;
using Quorate.Cluster.Hosting;
using Quorate.Cluster.Reads;
using Quorate.Replication;

namespace Quorate.Cluster.Tests.Reads;

public sealed class RunCodecTests
{
    [Fact]
    public void A_run_and_its_answer_come_back_as_they_were()
    {
        var bytes = new ByteQueue();
        HistoryPoint[] points = [new(new Epoch(1), new LogIndex(5)), new(new Epoch(2), new LogIndex(9))];
        for (var i = 0; i < 3; i++)
        {
            RunCodec.Begin(bytes, 42 + i, new ReadRule(ReadConsistency.Bounded, 250), points, 2);
            RunCodec.AddCommand(bytes, "one"u8);
            RunCodec.AddCommand(bytes, ""u8);
        }

        ReadOnlySpan<byte> left = bytes.Memory.Span;
        for (var i = 0; i < 3; i++)
        {
            RunCodec.TryTake(ref left, out var run).ShouldBeTrue();
            run.Ticket.ShouldBe(42 + i);
            run.Rule.ShouldBe(new ReadRule(ReadConsistency.Bounded, 250));
            run.Count.ShouldBe(2);
            var seen = new SessionPositions();
            run.NotePoints(seen, new GroupId(3));
            seen.Of(new GroupId(3)).ShouldBe(points);
            var commands = run.Commands;
            Encoding.UTF8.GetString(RunCodec.NextPiece(ref commands)).ShouldBe("one");
            RunCodec.NextPiece(ref commands).Length.ShouldBe(0);
            commands.Length.ShouldBe(0);
        }

        left.Length.ShouldBe(0);
        bytes.Clear();
        RunCodec.BeginAnswer(bytes, 42, RunOutcome.Answered, points[1], 1);
        RunCodec.AddCommand(bytes, "+OK\r\n"u8);
        left = bytes.Memory.Span;
        RunCodec.TryTakeAnswer(ref left, out var ticket, out var outcome, out var point, out var count, out var replies)
            .ShouldBeTrue();
        (ticket, outcome, point, count).ShouldBe((42, RunOutcome.Answered, points[1], 1));
        Encoding.UTF8.GetString(RunCodec.NextPiece(ref replies)).ShouldBe("+OK\r\n");
    }

    [Fact]
    public void Bytes_that_are_cut_or_changed_are_refused_or_are_something_else_that_is_whole()
    {
        var bytes = new ByteQueue();
        RunCodec.Begin(bytes, 42, new ReadRule(ReadConsistency.Session), [new(new Epoch(1), new LogIndex(5))], 2);
        RunCodec.AddCommand(bytes, "one"u8);
        RunCodec.AddCommand(bytes, "three"u8);
        var whole = bytes.Memory.ToArray();
        for (var length = 0; length < whole.Length; length++)
        {
            ReadOnlySpan<byte> cut = whole.AsSpan(0, length);
            RunCodec.TryTake(ref cut, out _).ShouldBeFalse();
            cut = whole.AsSpan(0, length);
            if (RunCodec.TryTakeAnswer(ref cut, out _, out _, out _, out var count, out var replies)) Walk(count, replies);
        }

        var dice = new Prng(7);
        for (var i = 0; i < 20_000; i++)
        {
            var changed = whole.ToArray();
            for (var n = 1 + dice.Below(3); n > 0; n--) changed[dice.Below(changed.Length)] = (byte)dice.Below(256);
            ReadOnlySpan<byte> left = changed;
            if (RunCodec.TryTake(ref left, out var run)) Walk(run.Count, run.Commands);
            left = changed;
            if (RunCodec.TryTakeAnswer(ref left, out _, out _, out _, out var count, out var replies)) Walk(count, replies);
        }
    }

    private static void Walk(int count, ReadOnlySpan<byte> pieces)
    {
        for (; count > 0; count--) RunCodec.NextPiece(ref pieces);
        pieces.Length.ShouldBe(0);
    }
}
