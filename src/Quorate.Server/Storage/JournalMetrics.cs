using System.Diagnostics;
using System.Numerics;

namespace Quorate.Server.Storage;

/// <summary>Counts of a journal thread. Written by that thread, read by any: each figure is right by itself.</summary>
public sealed class JournalMetrics
{
    /// <summary>Bucket i counts writes that took less than 2^i microseconds (and not less than half); the last takes the
    /// rest.</summary>
    public const int BucketCount = 24;

    private readonly long[] _buckets = new long[BucketCount];
    private long _batches;
    private long _bytes;
    private long _sum;
    private long _max;
    private long _began;
    private long _last;

    public long Batches => Volatile.Read(ref _batches);

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Time spent on writing and syncing, in microseconds.</summary>
    public long TotalMicroseconds => Volatile.Read(ref _sum);

    public long LongestMicroseconds => Volatile.Read(ref _max);

    /// <summary>How long the batch being written has been under way, in milliseconds; 0 when none is. The slow-disk gauge:
    /// it rises while a sync hangs, when no latency has been measured yet.</summary>
    public long UnderWayMilliseconds
    {
        get
        {
            var began = Volatile.Read(ref _began);
            return began == 0 ? 0 : (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }
    }

    /// <summary>How long the batch being written has been under way and how long the one before took, in milliseconds.</summary>
    internal (int Oldest, int Last) Delay =>
        ((int)Math.Min(UnderWayMilliseconds, int.MaxValue), (int)Math.Min(Volatile.Read(ref _last) / 1000, int.MaxValue));

    public long Bucket(int i) => Volatile.Read(ref _buckets[i]);

    internal void Begin() => Volatile.Write(ref _began, Stopwatch.GetTimestamp());

    internal void End(long bytes)
    {
        var microseconds = (long)Stopwatch.GetElapsedTime(_began).TotalMicroseconds;
        Volatile.Write(ref _began, 0);
        Volatile.Write(ref _batches, _batches + 1);
        Volatile.Write(ref _bytes, _bytes + bytes);
        Volatile.Write(ref _sum, _sum + microseconds);
        Volatile.Write(ref _last, microseconds);
        if (microseconds > _max) Volatile.Write(ref _max, microseconds);
        var bucket = Math.Min(BucketCount - 1, 64 - BitOperations.LeadingZeroCount((ulong)microseconds));
        Volatile.Write(ref _buckets[bucket], _buckets[bucket] + 1);
    }
}
