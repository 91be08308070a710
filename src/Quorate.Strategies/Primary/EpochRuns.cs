using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>
/// The epochs of a log as runs. Epochs never fall, so a handful of runs tells the epoch of millions of entries, and of
/// entries that are gone from the log too: it is by this history that a replica which comes back late finds out from
/// which entry on its own past is not the group's. Bounded: beyond <see cref="Most"/> runs the oldest is forgotten.
/// </summary>
internal sealed class EpochRuns
{
    public const int Most = 1024;
    private const int EncodedRunBytes = 16;

    private readonly List<(LogIndex First, Epoch Epoch)> _runs = [(default, default)];

    public Epoch LastEpoch => _runs[^1].Epoch;

    /// <summary>Epochs of entries before this one are not known.</summary>
    public LogIndex First => _runs[0].First;

    public void Append(LogIndex index, Epoch epoch)
    {
        if (epoch == _runs[^1].Epoch) return;
        Invariant.Require(epoch > _runs[^1].Epoch, "epochs in a log never fall");
        _runs.Add((index, epoch));
        if (_runs.Count > Most) _runs.RemoveAt(0);
    }

    public Epoch At(LogIndex index) => _runs[RunOf(index)].Epoch;

    /// <summary>The last index up to <paramref name="index"/> whose epoch is not above <paramref name="epoch"/>; may be
    /// one below <see cref="First"/>, which says "before that".</summary>
    public LogIndex LastNotAbove(LogIndex index, Epoch epoch)
    {
        if (index < _runs[0].First) return index;
        for (var run = RunOf(index); run >= 0; run--)
        {
            if (_runs[run].Epoch <= epoch) return index;
            index = _runs[run].First.Previous;
        }

        return index;
    }

    /// <summary>The last index up to <paramref name="upTo"/> at which both histories have the same entry: all before agree too.
    /// Where one of them does not reach back, its beginning.</summary>
    public LogIndex LastCommon(EpochRuns other, LogIndex upTo)
    {
        while (upTo > First && upTo > other.First && At(upTo) != other.At(upTo))
        {
            // Within a run of both nothing changes.
            upTo = LogIndex.Max(_runs[RunOf(upTo)].First, other._runs[other.RunOf(upTo)].First).Previous;
        }

        return upTo;
    }

    public void TruncateFrom(LogIndex from)
    {
        while (_runs.Count > 1 && _runs[^1].First >= from) _runs.RemoveAt(_runs.Count - 1);
    }

    /// <summary>Forgets all but that the entry at <paramref name="index"/> is of <paramref name="epoch"/>.</summary>
    public void Reset(LogIndex index, Epoch epoch)
    {
        _runs.Clear();
        _runs.Add((index, epoch));
    }

    /// <summary>The history up to <paramref name="index"/>: [i64 first index][i64 epoch] a run.</summary>
    public byte[] Encode(LogIndex index)
    {
        var count = index < _runs[0].First ? 0 : RunOf(index) + 1;
        var bytes = new byte[count * EncodedRunBytes];
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * EncodedRunBytes), _runs[i].First.Value);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan((i * EncodedRunBytes) + 8), _runs[i].Epoch.Value);
        }

        return bytes;
    }

    /// <summary>False: these are not runs that end at or before <paramref name="index"/> with <paramref name="epoch"/>.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, LogIndex index, Epoch epoch, out EpochRuns? runs)
    {
        runs = null;
        if (bytes.IsEmpty || bytes.Length % EncodedRunBytes != 0 || bytes.Length / EncodedRunBytes > Most) return false;
        var read = new EpochRuns();
        read._runs.Clear();
        for (; !bytes.IsEmpty; bytes = bytes[EncodedRunBytes..])
        {
            var first = new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(bytes));
            var of = new Epoch(BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));
            if (first.Value < 0 || of.Value < 0 || first > index) return false;
            if (read._runs.Count > 0 && (first <= read._runs[^1].First || of <= read._runs[^1].Epoch)) return false;
            read._runs.Add((first, of));
        }

        if (read.LastEpoch != epoch) return false;
        runs = read;
        return true;
    }

    /// <summary>Takes over another history, of which the last run goes on to the end.</summary>
    public void Become(EpochRuns other)
    {
        _runs.Clear();
        _runs.AddRange(other._runs);
    }

    public void CheckInvariants(LogIndex baseIndex, LogIndex lastIndex)
    {
        Invariant.Require(_runs[0].First <= baseIndex || _runs.Count == Most, "the epochs of all entries in memory are known");
        for (var i = 1; i < _runs.Count; i++)
        {
            Invariant.Require(_runs[i].Epoch > _runs[i - 1].Epoch, "epochs in a log never fall");
            Invariant.Require(_runs[i].First > _runs[i - 1].First && _runs[i].First <= lastIndex, "runs lie within the log");
        }
    }

    private int RunOf(LogIndex index)
    {
        int low = 0, high = _runs.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_runs[middle].First <= index) low = middle;
            else high = middle - 1;
        }

        return low;
    }
}
