using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Data.Merging;

/// <summary>Writes states of keys for other replicas, for the journal and for snapshots. The store owns one and reuses
/// it.</summary>
internal sealed class StateWriter(KeyPlaces places)
{
    private const int KeptBytes = 1 << 20;

    private static readonly KeyObject Absent = new();

    private ArrayBufferWriter<byte> _body = new();

    /// <summary>The state of one key, also of one that is not there: what was removed from it.</summary>
    /// <param name="key">any key</param>
    /// <param name="floor">what this replica has seen of all keys</param>
    /// <param name="output">gets the state</param>
    public void Write(ReadOnlySpan<byte> key, VersionVector floor, IBufferWriter<byte> output)
    {
        MergeCodec.WriteStateHead(output, floor, null, 1);
        Packing.WriteBytes(output, key);
        (places.Find(key) ?? Absent).Encode(output);
    }

    /// <summary>The states of keys in the order of their hashes, from one hash on, until about so many bytes are written. A key's
    /// state is never cut: what it does not list was removed, so a part of it would say something false.</summary>
    public bool WriteRange(ref ulong from, int budgetBytes, VersionVector floor, IBufferWriter<byte> output)
    {
        _body.ResetWrittenCount();
        var keys = 0;
        KeyObject? last = null;
        var hasMore = false;
        foreach (var o in places.Table.From(from))
        {
            // Keys with one hash go together, because the next call begins with the next hash.
            if (last is not null && _body.WrittenCount >= budgetBytes && o.KeyHash != last.KeyHash)
            {
                hasMore = true;
                break;
            }

            Packing.WriteBytes(_body, o.Key);
            o.Encode(_body);
            last = o;
            keys++;
        }

        // What is in this range and not listed is not here: the reader learns that as well.
        MergeCodec.WriteStateHead(output, floor, (from, hasMore ? last!.KeyHash : ulong.MaxValue), keys);
        output.Write(_body.WrittenSpan);
        if (_body.Capacity > KeptBytes) _body = new ArrayBufferWriter<byte>();
        if (hasMore) from = last!.KeyHash + 1;
        return hasMore;
    }
}
