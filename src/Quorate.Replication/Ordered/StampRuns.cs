using System.Buffers.Binary;

namespace Quorate.Replication.Ordered;

/// <summary>
/// The stamps of a log as runs. Stamps never fall, and change only when a leader does, so a handful of runs tells the stamp of
/// millions of entries, and of entries that are gone from the log too: by this history a replica that comes back late finds out
/// from which entry on its own past is not the group's. The first run begins at <see cref="First"/>, the last goes on to the
/// end of the log. One caller at a time.
/// </summary>
/// <typeparam name="TStamp">Of the log.</typeparam>
public sealed class StampRuns<TStamp>
    where TStamp : struct, IStamp<TStamp>
{
    /// <summary>A history that is sent or kept has at most so many runs.</summary>
    public const int MostOfHistory = 1024;

    private const int EncodedRunBytes = 16;

    private readonly List<(LogIndex First, TStamp Stamp)> _runs = [(default, default)];
    private readonly int _most;

    /// <summary>The one run of an empty log.</summary>
    /// <param name="most">Beyond so many runs the oldest is forgotten; 1 and up.</param>
    public StampRuns(int most = int.MaxValue) => _most = most;

    /// <summary>The stamp of the last entry.</summary>
    public TStamp Last => _runs[^1].Stamp;

    /// <summary>The stamps of entries before this one are not known.</summary>
    public LogIndex First => _runs[0].First;

    /// <summary>The log has one more entry. Its stamp is at least <see cref="Last"/>.</summary>
    public void Append(LogIndex index, TStamp stamp)
    {
        if (stamp == _runs[^1].Stamp) return;
        Invariant.Require(stamp > _runs[^1].Stamp, "stamps in a log never fall [Raft §5.3]");
        _runs.Add((index, stamp));
        if (_runs.Count > _most) _runs.RemoveAt(0);
    }

    /// <summary>The stamp of an entry that is not before <see cref="First"/>.</summary>
    public TStamp At(LogIndex index) => _runs[RunOf(index)].Stamp;

    /// <summary>The last index up to <paramref name="index"/> whose stamp is not above <paramref name="stamp"/>; may be one
    /// below <see cref="First"/>, which says "before that".</summary>
    public LogIndex LastNotAbove(LogIndex index, TStamp stamp)
    {
        if (index < _runs[0].First) return index;
        for (var run = RunOf(index); run >= 0; run--)
        {
            if (_runs[run].Stamp <= stamp) return index;
            index = _runs[run].First.Previous;
        }

        return index;
    }

    /// <summary>The last index up to <paramref name="upTo"/> at which both histories have the same entry: all before agree
    /// too. Where one of them does not reach back, its beginning.</summary>
    public LogIndex LastCommon(StampRuns<TStamp> other, LogIndex upTo)
    {
        while (upTo > First && upTo > other.First && At(upTo) != other.At(upTo))
        {
            // Within a run of both nothing changes.
            upTo = LogIndex.Max(_runs[RunOf(upTo)].First, other._runs[other.RunOf(upTo)].First).Previous;
        }

        return upTo;
    }

    /// <summary>The entries from there on are gone.</summary>
    public void TruncateFrom(LogIndex from)
    {
        while (_runs.Count > 1 && _runs[^1].First >= from) _runs.RemoveAt(_runs.Count - 1);
    }

    /// <summary>Forgets the stamps before <paramref name="index"/>, which is in the log.</summary>
    public void ForgetBefore(LogIndex index)
    {
        while (_runs.Count > 1 && _runs[1].First <= index) _runs.RemoveAt(0);
        _runs[0] = (index, _runs[0].Stamp);
    }

    /// <summary>Forgets all but that the entry at <paramref name="index"/> is of <paramref name="stamp"/>.</summary>
    public void Reset(LogIndex index, TStamp stamp)
    {
        _runs.Clear();
        _runs.Add((index, stamp));
    }

    /// <summary>Takes over another history, of which the last run goes on to the end.</summary>
    public void Become(StampRuns<TStamp> other)
    {
        _runs.Clear();
        _runs.AddRange(other._runs);
    }

    /// <summary>The history up to <paramref name="index"/>: [i64 first index][i64 stamp] a run.</summary>
    public byte[] Encode(LogIndex index)
    {
        var count = index < _runs[0].First ? 0 : RunOf(index) + 1;
        var bytes = new byte[count * EncodedRunBytes];
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * EncodedRunBytes), _runs[i].First.Value);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan((i * EncodedRunBytes) + 8), _runs[i].Stamp.Value);
        }

        return bytes;
    }

    /// <summary>Reads what <see cref="Encode"/> wrote, from any bytes. False: these are not at most
    /// <see cref="MostOfHistory"/> runs that end at or before <paramref name="index"/> with <paramref name="stamp"/>.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, LogIndex index, TStamp stamp, out StampRuns<TStamp>? runs)
    {
        runs = null;
        if (bytes.IsEmpty || bytes.Length % EncodedRunBytes != 0 || bytes.Length / EncodedRunBytes > MostOfHistory) return false;
        var read = new StampRuns<TStamp>(MostOfHistory);
        read._runs.Clear();
        for (; !bytes.IsEmpty; bytes = bytes[EncodedRunBytes..])
        {
            var first = new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(bytes));
            var of = TStamp.Of(BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));
            if (first.Value < 0 || of.Value < 0 || first > index) return false;
            if (read._runs.Count > 0 && (first <= read._runs[^1].First || of <= read._runs[^1].Stamp)) return false;
            read._runs.Add((first, of));
        }

        if (read.Last != stamp) return false;
        runs = read;
        return true;
    }

    /// <summary>Throws <see cref="InvariantViolation"/> unless these are the stamps of a log with entries after
    /// <paramref name="baseIndex"/> up to <paramref name="lastIndex"/>.</summary>
    public void CheckInvariants(LogIndex baseIndex, LogIndex lastIndex)
    {
        Invariant.Require(First <= baseIndex || _runs.Count == _most, "the stamps of all entries in memory are known");
        for (var i = 1; i < _runs.Count; i++)
        {
            Invariant.Require(_runs[i].Stamp > _runs[i - 1].Stamp, "stamps in a log never fall [Raft §5.3]");
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
