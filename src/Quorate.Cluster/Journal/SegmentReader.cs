using System.Buffers.Binary;

namespace Quorate.Cluster.Journal;

/// <summary>Reads the frames of one segment that lies in memory.</summary>
internal readonly ref struct SegmentReader(ReadOnlySpan<byte> segment, uint seed, JournalRules rules)
{
    private readonly ReadOnlySpan<byte> _segment = segment;

    /// <summary>The frame at the offset, if it is whole, of this segment, and has the point (any, when 0).</summary>
    public bool TryRead(int offset, long point, out Frame frame) =>
        TryRead(offset, point, point == 0 ? long.MaxValue : point, rules.VerifyChecksum, out frame);

    /// <summary>The next valid batch mark at or behind the offset with a point above <paramref name="above"/>. This looks at
    /// every multiple of 8, for behind a damaged frame nothing tells where the next begins. Only marks count as evidence,
    /// and they are short: values that look like long frames cannot make the search slow.</summary>
    public bool TryFindMark(ref int offset, long above, out Frame frame)
    {
        const int length = JournalFormat.LengthWithoutPayload + JournalFormat.MarkPayload;
        for (; offset + JournalFormat.BatchFrame <= _segment.Length; offset += 8)
        {
            var bytes = _segment[offset..];
            if (BinaryPrimitives.ReadInt32LittleEndian(bytes) != length
                || BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]) != 0)
                continue;
            if (TryRead(offset, above + 1, long.MaxValue, verify: true, out frame)) return true;
        }

        frame = default;
        return false;
    }

    /// <summary>Whatever is at the offset, taken for a frame (a canary's reading).</summary>
    public bool TryReadBlindly(int offset, long point, out Frame frame)
    {
        frame = default;
        if (offset + JournalFormat.FrameHeader > _segment.Length) return false;
        var bytes = _segment[offset..];
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (length < JournalFormat.LengthWithoutPayload || length > bytes.Length - 8) return false;
        var group = BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]);
        if (group <= 0) return false;
        var payload = (int)length - JournalFormat.LengthWithoutPayload;
        frame = new Frame(
            point, group, bytes.Slice(JournalFormat.FrameHeader, payload), offset + JournalFormat.FrameLength(payload));
        return true;
    }

    private bool TryRead(int offset, long least, long greatest, bool verify, out Frame frame)
    {
        frame = default;
        if (offset + JournalFormat.FrameHeader > _segment.Length) return false;
        var bytes = _segment[offset..];
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (length < JournalFormat.LengthWithoutPayload || length > bytes.Length - 8) return false;
        var point = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
        if (point < least || point > greatest) return false;
        var group = BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]);
        if (group < 0) return false;
        if (verify && BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != JournalFormat.ChecksumOf(bytes, seed, (int)length))
            return false;
        var payload = (int)length - JournalFormat.LengthWithoutPayload;
        frame = new Frame(
            point, group, bytes.Slice(JournalFormat.FrameHeader, payload), offset + JournalFormat.FrameLength(payload));
        return true;
    }
}

internal readonly ref struct Frame(long point, int group, ReadOnlySpan<byte> payload, int end)
{
    public long Point { get; } = point;

    /// <summary>0: a mark.</summary>
    public int Group { get; } = group;

    public ReadOnlySpan<byte> Payload { get; } = payload;

    /// <summary>Where the next frame begins.</summary>
    public int End { get; } = end;
}
