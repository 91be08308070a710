using System.Buffers.Binary;

namespace Quorate.Cluster.Journal;

/// <summary>What the journal says about itself at the beginning of every batch and every segment (see docs/journal.md).</summary>
internal readonly ref struct Mark
{
    private readonly ReadOnlySpan<byte> _payload;

    private Mark(ReadOnlySpan<byte> payload) => _payload = payload;

    /// <summary>True for the first frame of a segment: then the lists are there.</summary>
    public bool IsStart => BinaryPrimitives.ReadInt32LittleEndian(_payload) == JournalFormat.KindStart;

    /// <summary>Every frame up to this point had been synced when this mark was written.</summary>
    public long Synced => BinaryPrimitives.ReadInt64LittleEndian(_payload[8..]);

    /// <summary>Point of the first frame of the segment this mark is in.</summary>
    public long FirstOfSegment => BinaryPrimitives.ReadInt64LittleEndian(_payload[16..]);

    public int SegmentCount => BinaryPrimitives.ReadInt32LittleEndian(_payload[4..]);

    public int GroupCount => BinaryPrimitives.ReadInt32LittleEndian(_payload[GroupsAt(SegmentCount)..]);

    /// <summary>An earlier segment that recovery needs, with its first and last point. Ascending.</summary>
    public (long Number, long First, long Last) Segment(int i)
    {
        var at = _payload[(JournalFormat.MarkPayload + 24 * i)..];
        return (
            BinaryPrimitives.ReadInt64LittleEndian(at),
            BinaryPrimitives.ReadInt64LittleEndian(at[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(at[16..]));
    }

    /// <summary>A group, and the point before which its records are not needed.</summary>
    public (int Group, long Released) Group(int i)
    {
        var at = _payload[(GroupsAt(SegmentCount) + 4 + 12 * i)..];
        return (BinaryPrimitives.ReadInt32LittleEndian(at), BinaryPrimitives.ReadInt64LittleEndian(at[4..]));
    }

    public static int StartPayload(int segments, int groups) => GroupsAt(segments) + 4 + 12 * groups;

    public static bool TryRead(ReadOnlySpan<byte> payload, out Mark mark)
    {
        mark = default;
        if (payload.Length < JournalFormat.MarkPayload) return false;
        var kind = BinaryPrimitives.ReadInt32LittleEndian(payload);
        var segments = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]);
        if (kind == JournalFormat.KindBatch)
        {
            if (segments != 0 || payload.Length != JournalFormat.MarkPayload) return false;
        }
        else
        {
            if (kind != JournalFormat.KindStart || segments < 0) return false;
            var at = JournalFormat.MarkPayload + 24L * segments;
            if (at + 4 > payload.Length) return false;
            var groups = BinaryPrimitives.ReadInt32LittleEndian(payload[(int)at..]);
            if (groups < 0 || at + 4 + 12L * groups != payload.Length) return false;
        }

        mark = new Mark(payload);
        return true;
    }

    private static int GroupsAt(int segments) => JournalFormat.MarkPayload + 24 * segments;
}
