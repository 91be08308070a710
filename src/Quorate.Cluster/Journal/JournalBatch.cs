using Quorate.Replication;

namespace Quorate.Cluster.Journal;

/// <summary>
/// Frames that are written together: one part for every segment touched, nearly always one. Filled under the node's lock,
/// then written outside it. The two batches of a journal take turns; nothing is allocated once they have grown.
/// </summary>
public sealed class JournalBatch
{
    private readonly List<Part> _parts = [];
    private int _count;

    internal JournalBatch()
    {
    }

    /// <summary>The last point in the batch.</summary>
    public PersistPoint Last { get; internal set; }

    /// <summary>Bytes to be written, framing included.</summary>
    public long Length { get; private set; }

    internal bool IsEmpty => _count == 0;

    internal int PartCount => _count;

    internal Part this[int i] => _parts[i];

    internal Part OpenPart(long segment, long segmentLength, long offset, bool startsSegment)
    {
        if (_count == _parts.Count) _parts.Add(new Part());
        var part = _parts[_count++];
        part.Reset(segment, segmentLength, offset, startsSegment);
        return part;
    }

    internal Span<byte> Reserve(Part part, int length)
    {
        Length += length;
        return part.Reserve(length);
    }

    internal void Clear()
    {
        for (var i = 0; i < _count; i++) _parts[i].Release();
        // A rare batch over many segments must not keep their buffers for ever.
        if (_parts.Count > 2) _parts.RemoveRange(2, _parts.Count - 2);
        _count = 0;
        Length = 0;
    }

    /// <summary>What goes into one segment: consecutive frames, the first of which is a mark.</summary>
    internal sealed class Part
    {
        private const int FirstBuffer = 64 << 10;
        private const int LargestKept = 8 << 20;
        private byte[] _buffer = [];
        private int _used;

        public long Segment { get; private set; }

        public long SegmentLength { get; private set; }

        public long Offset { get; private set; }

        /// <summary>The part begins its segment; the file must be made before.</summary>
        public bool StartsSegment { get; private set; }

        /// <summary>The file is there already, with its header, durably.</summary>
        public bool IsPrepared { get; set; }

        /// <summary>A file of that name, of another length, is in the way.</summary>
        public bool MustReplace { get; set; }

        public long Last { get; set; }

        public Span<byte> Bytes => _buffer.AsSpan(0, _used);

        public void Reset(long segment, long segmentLength, long offset, bool startsSegment)
        {
            (Segment, SegmentLength, Offset, StartsSegment) = (segment, segmentLength, offset, startsSegment);
            (IsPrepared, MustReplace, _used) = (false, false, 0);
        }

        public Span<byte> Reserve(int length)
        {
            if (_buffer.Length - _used < length) Grow(length);
            var span = _buffer.AsSpan(_used, length);
            _used += length;
            return span;
        }

        public void Release()
        {
            if (_buffer.Length > LargestKept) _buffer = [];
            _used = 0;
        }

        private void Grow(int length)
        {
            var needed = (long)_used + length;
            var wanted = Math.Max(Math.Max(needed, FirstBuffer), Math.Min(2L * _buffer.Length, SegmentLength));
            Array.Resize(ref _buffer, checked((int)wanted));
        }
    }
}
