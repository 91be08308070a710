using System.Buffers.Binary;

namespace Quorate.Data.Store;

/// <summary>
/// Walks over a table in steps between which it may change: every key that is there from the first step to the last is met,
/// through any growth and shrinking. The cursor counts the buckets in the order of their reversed bits, so a split or a join
/// of buckets already seen makes no bucket that was not seen. A step covers the bucket of the lower level and its split half.
/// </summary>
internal static class TableScan
{
    private const int EmptyBucketsPerKey = 10;

    /// <summary>Lists the rows of the next buckets until there are <paramref name="count"/>, and goes on behind them. 0: all
    /// seen.</summary>
    public static ulong Step(KeyTable table, ulong cursor, long count, List<int> rows)
    {
        var buckets = count > long.MaxValue / EmptyBucketsPerKey ? long.MaxValue : count * EmptyBucketsPerKey;
        if (table.Count == 0) return 0;
        do
        {
            var mask = (ulong)table.LowMask;
            var bucket = (int)(cursor & mask);
            AddBucket(table, bucket, rows);
            var split = bucket + table.LowMask + 1;
            if (split < table.BucketCount) AddBucket(table, split, rows);
            cursor = Reverse(Reverse(cursor | ~mask) + 1);
        }
        while (cursor != 0 && --buckets > 0 && rows.Count < count);
        return cursor;
    }

    private static void AddBucket(KeyTable table, int bucket, List<int> rows)
    {
        for (var row = table.HeadOf(bucket); row != 0; row = table.RowAt(row).Next) rows.Add(row);
    }

    private static ulong Reverse(ulong x)
    {
        x = ((x >> 1) & 0x5555555555555555) | ((x & 0x5555555555555555) << 1);
        x = ((x >> 2) & 0x3333333333333333) | ((x & 0x3333333333333333) << 2);
        x = ((x >> 4) & 0x0F0F0F0F0F0F0F0F) | ((x & 0x0F0F0F0F0F0F0F0F) << 4);
        return BinaryPrimitives.ReverseEndianness(x);
    }
}
