using System.Buffers.Binary;
using Quorate.Cluster.Hosting;
using Quorate.Replication;

namespace Quorate.Cluster.Reads;

/// <summary>A run of reads as it came: its session, the rule of its reads, and the commands.</summary>
internal readonly ref struct AskedRun
{
    public long Ticket { get; init; }

    public ReadRule Rule { get; init; }

    public ReadOnlySpan<byte> Points { get; init; }

    public int Count { get; init; }

    /// <summary>Each <c>[u32 length][entry]</c>; checked.</summary>
    public ReadOnlySpan<byte> Commands { get; init; }

    /// <summary>What the asker has seen.</summary>
    public void NotePoints(SessionPositions seen, GroupId group)
    {
        for (var points = Points; points.Length > 0; points = points[16..])
            seen.Note(
                group,
                new HistoryPoint(
                    new Epoch(BinaryPrimitives.ReadInt64LittleEndian(points)),
                    new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(points[8..]))));
    }
}

/// <summary>The bytes of <see cref="ReadsAsked"/> and <see cref="ReadsAnswered"/>, written and taken apart without
/// copies.</summary>
internal static class RunCodec
{
    private const int AskedHead = 8 + 1 + 4 + 1;
    private const int AnsweredHead = 8 + 1 + 16 + 2;

    /// <summary>Begins a run; <see cref="AddCommand"/> follows <paramref name="count"/> times.</summary>
    public static void Begin(ByteQueue output, long ticket, in ReadRule rule, IEnumerable<HistoryPoint> points, int count)
    {
        var span = output.Reserve(AskedHead);
        var start = output.Length;
        BinaryPrimitives.WriteInt64LittleEndian(span, ticket);
        span[8] = (byte)rule.Consistency;
        BinaryPrimitives.WriteInt32LittleEndian(span[9..], rule.BoundMilliseconds);
        output.Advance(AskedHead);
        var written = 0;
        foreach (var point in points)
        {
            var at = output.Reserve(16);
            BinaryPrimitives.WriteInt64LittleEndian(at, point.Epoch.Value);
            BinaryPrimitives.WriteInt64LittleEndian(at[8..], point.Index.Value);
            output.Advance(16);
            written++;
        }

        output.Written[start + 13] = (byte)written;
        BinaryPrimitives.WriteUInt16LittleEndian(output.Reserve(2), (ushort)count);
        output.Advance(2);
    }

    public static void AddCommand(ByteQueue output, ReadOnlySpan<byte> entry)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.Reserve(4 + entry.Length), entry.Length);
        output.Advance(4);
        output.Append(entry);
    }

    /// <summary>Takes the first run off. False: the bytes make no sense.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> bytes, out AskedRun run)
    {
        run = default;
        if (bytes.Length < AskedHead) return false;
        var consistency = (ReadConsistency)bytes[8];
        var bound = BinaryPrimitives.ReadInt32LittleEndian(bytes[9..]);
        var points = 16 * bytes[13];
        if (!Enum.IsDefined(consistency) || bound < 0 || bytes.Length < AskedHead + points + 2) return false;
        var ticket = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var seen = bytes.Slice(AskedHead, points);
        for (var at = 0; at < points; at += 8)
            if (BinaryPrimitives.ReadInt64LittleEndian(seen[at..]) < 0) return false;
        var count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(AskedHead + points)..]);
        var rest = bytes[(AskedHead + points + 2)..];
        if (!TrySkip(rest, count, out var length)) return false;
        run = new AskedRun
        {
            Ticket = ticket,
            Rule = new ReadRule(consistency, bound),
            Points = seen,
            Count = count,
            Commands = rest[..length],
        };
        bytes = rest[length..];
        return true;
    }

    /// <summary>Begins an answer; the replies follow, each by <see cref="AddCommand"/>.</summary>
    public static void BeginAnswer(ByteQueue output, long ticket, RunOutcome outcome, in HistoryPoint point, int count)
    {
        var span = output.Reserve(AnsweredHead);
        BinaryPrimitives.WriteInt64LittleEndian(span, ticket);
        span[8] = (byte)outcome;
        BinaryPrimitives.WriteInt64LittleEndian(span[9..], point.Epoch.Value);
        BinaryPrimitives.WriteInt64LittleEndian(span[17..], point.Index.Value);
        BinaryPrimitives.WriteUInt16LittleEndian(span[25..], (ushort)count);
        output.Advance(AnsweredHead);
    }

    /// <summary>Of how many commands there are replies in the answer that begins at <paramref name="start"/>: the first ones of
    /// the run.</summary>
    public static void SetCount(ByteQueue output, int start, int count) =>
        BinaryPrimitives.WriteUInt16LittleEndian(output.Written[(start + 25)..], (ushort)count);

    /// <summary>Takes the first answer off. False: the bytes make no sense.</summary>
    public static bool TryTakeAnswer(
        ref ReadOnlySpan<byte> bytes,
        out long ticket, out RunOutcome outcome, out HistoryPoint point, out int count, out ReadOnlySpan<byte> replies)
    {
        (ticket, outcome, point, count) = (0, default, default, 0);
        replies = default;
        if (bytes.Length < AnsweredHead || bytes[8] > (byte)RunOutcome.Lost) return false;
        ticket = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        outcome = (RunOutcome)bytes[8];
        var (epoch, index) = (
            BinaryPrimitives.ReadInt64LittleEndian(bytes[9..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[17..]));
        if (epoch < 0 || index < 0) return false;
        point = new HistoryPoint(new Epoch(epoch), new LogIndex(index));
        count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[25..]);
        var rest = bytes[AnsweredHead..];
        if (!TrySkip(rest, count, out var length)) return false;
        replies = rest[..length];
        bytes = rest[length..];
        return true;
    }

    /// <summary>Takes the first of pieces that were checked.</summary>
    public static ReadOnlySpan<byte> NextPiece(ref ReadOnlySpan<byte> pieces)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(pieces);
        var piece = pieces.Slice(4, length);
        pieces = pieces[(4 + length)..];
        return piece;
    }

    private static bool TrySkip(ReadOnlySpan<byte> bytes, int count, out int length)
    {
        length = 0;
        for (; count > 0; count--)
        {
            if (bytes.Length - length < 4) return false;
            var piece = BinaryPrimitives.ReadInt32LittleEndian(bytes[length..]);
            if (piece < 0 || piece > bytes.Length - length - 4) return false;
            length += 4 + piece;
        }

        return true;
    }
}
