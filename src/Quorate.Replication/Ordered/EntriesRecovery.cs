namespace Quorate.Replication.Ordered;

/// <summary>
/// Puts a log together again from the records of entries that were read back, in the order in which they were written, on top of
/// the newest snapshot: for strategies that write no record of a truncation, because the entries that take the place of others
/// say it themselves. One caller at a time.
/// </summary>
/// <typeparam name="TStamp">Of the log.</typeparam>
public sealed class EntriesRecovery<TStamp>(FrameLog<TStamp> log, OrderedJournal<TStamp> journal)
    where TStamp : struct, IStamp<TStamp>
{
    private LogIndex _snapshotIndex;
    private TStamp _snapshotStamp;

    /// <summary>Entries in the journal contradict the snapshot, which is right: they were given up for it. What follows
    /// on them is passed over, until a record begins where the snapshot ends.</summary>
    private bool _isPassingOver;

    /// <summary>The log begins after a snapshot up to <paramref name="index"/>, an entry of <paramref name="stamp"/>.</summary>
    public void OnSnapshot(LogIndex index, TStamp stamp) => (_snapshotIndex, _snapshotStamp) = (index, stamp);

    /// <summary>A snapshot up to there was sealed and the records before it are gone. False: the snapshot is not here, so there
    /// would be a hole.</summary>
    public bool MayHaveReleased(LogIndex index) => index <= _snapshotIndex;

    /// <summary>Takes one record, whose frames are well-formed.</summary>
    /// <param name="first">The first entry of the record.</param>
    /// <param name="previous">The stamp of the entry before it.</param>
    /// <param name="frames">The entries; changed to those that are to be appended: none where the record says nothing new.
    /// </param>
    /// <param name="point">Of the record.</param>
    /// <param name="from">From here on the log is to be truncated before the frames are appended: from here on it was what
    /// this record says, also when all of that is behind the snapshot.</param>
    /// <returns>False: the record does not follow on what was read before; the journal is damaged.</returns>
    public bool TryTake(LogIndex first, TStamp previous, ref ReadOnlySpan<byte> frames, PersistPoint point, out LogIndex from)
    {
        from = log.LastIndex.Next;
        var length = frames.Length;
        if (first > from)
        {
            if (!_isPassingOver) return false;
            journal.NoteRecovered(point, new LogIndex(first.Value + EntryFrame.Count(frames) - 1), length);
            frames = default;
            return true;
        }

        var agrees = true;
        var last = first.Previous;
        while (!frames.IsEmpty && last < _snapshotIndex)
        {
            last = last.Next;
            if (last == _snapshotIndex) agrees = EntryFrame.StampOf<TStamp>(frames) == _snapshotStamp;
            frames = frames[EntryFrame.LengthOf(frames)..];
        }

        journal.NoteRecovered(point, new LogIndex(last.Value + EntryFrame.Count(frames)), length);
        if (first == _snapshotIndex.Next) agrees = previous == _snapshotStamp;
        else if (first > _snapshotIndex && log.StampAt(first.Previous) != previous) return false;

        from = LogIndex.Max(last.Next, _snapshotIndex.Next);
        _isPassingOver = !agrees || last < _snapshotIndex;
        if (_isPassingOver) frames = default;
        return true;
    }
}
