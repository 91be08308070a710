using Quorate.Replication;

namespace Quorate.Data.Sessions;

/// <summary>
/// One session's replies that may be asked for again: those of sequences from the low watermark on, in a ring. Sequences may
/// come in any order. When the window is full the watermark rises by itself: a late duplicate is then refused, never
/// executed twice.
/// </summary>
internal sealed class Session(long id)
{
    /// <summary>Sequences between the watermark and the newest, at most.</summary>
    public const int WidestWindow = 1 << 16;

    /// <summary>Bytes of replies kept, at most, the newest one not counted.</summary>
    public const long MostReplyBytes = 8 << 20;

    private const int KeptBuffer = 256;

    private struct Reply
    {
        /// <summary>Sequence plus 1; 0 is none.</summary>
        public long Mark;
        public int Length;
        public byte[]? Bytes;
    }

    private Reply[] _ring = new Reply[16];
    private long _bytes;

    public long Id => id;

    /// <summary>Sequences below are decided for good: no reply is kept, none is executed.</summary>
    public long Low { get; private set; }

    /// <summary>Sequences from here on have not been seen.</summary>
    public long End { get; private set; }

    /// <summary>Order of last use among all sessions.</summary>
    public long LastUse { get; set; }

    public bool TryGet(long sequence, out ReadOnlyMemory<byte> reply)
    {
        reply = default;
        if (sequence < Low || sequence >= End) return false;
        ref var entry = ref _ring[sequence & (_ring.Length - 1)];
        if (entry.Mark != sequence + 1) return false;
        reply = entry.Bytes.AsMemory(0, entry.Length);
        return true;
    }

    /// <summary>Forgets the replies below <paramref name="low"/>; never goes back.</summary>
    public void RaiseLow(long low)
    {
        if (low <= Low) return;
        for (var sequence = Low; sequence < Math.Min(low, End); sequence++) Forget(sequence);
        Low = low;
        End = Math.Max(End, low);
    }

    /// <summary>Keeps a reply of a sequence at or above the watermark that has none.</summary>
    public void Put(long sequence, ReadOnlySpan<byte> reply)
    {
        Invariant.Require(sequence >= Low, "what is below the watermark is not executed");
        if (sequence - Low >= WidestWindow) RaiseLow(sequence - WidestWindow + 1);
        Store(sequence, reply);
        while (_bytes > MostReplyBytes && Low < sequence) RaiseLow(Low + 1);
    }

    /// <summary>Puts a reply that another replica keeps in place of what is here. That replica has decided what to forget,
    /// so nothing is forgotten for the sake of room.</summary>
    /// <param name="sequence">less than <see cref="WidestWindow"/> above the watermark</param>
    public void Replace(long sequence, ReadOnlySpan<byte> reply)
    {
        if (sequence < Low) return;
        Forget(sequence);
        Store(sequence, reply);
    }

    private void Store(long sequence, ReadOnlySpan<byte> reply)
    {
        if (sequence >= End)
        {
            End = sequence + 1;
            while (End - Low > _ring.Length) Grow();
        }

        ref var entry = ref _ring[sequence & (_ring.Length - 1)];
        Invariant.Require(entry.Mark == 0, "a sequence is executed once");
        if (entry.Bytes is null || entry.Bytes.Length < reply.Length) entry.Bytes = new byte[Math.Max(16, reply.Length)];
        reply.CopyTo(entry.Bytes);
        entry.Mark = sequence + 1;
        entry.Length = reply.Length;
        _bytes += reply.Length;
    }

    private void Forget(long sequence)
    {
        ref var entry = ref _ring[sequence & (_ring.Length - 1)];
        if (entry.Mark != sequence + 1) return;
        _bytes -= entry.Length;
        entry.Mark = 0;
        entry.Length = 0;
        if (entry.Bytes!.Length > KeptBuffer) entry.Bytes = null;
    }

    private void Grow()
    {
        var ring = new Reply[_ring.Length * 2];
        foreach (var entry in _ring)
            if (entry.Mark != 0) ring[(entry.Mark - 1) & (ring.Length - 1)] = entry;
        _ring = ring;
    }
}
