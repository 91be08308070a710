using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>Puts entries that the group's history lacks into the lost-and-found, and counts them.</summary>
internal sealed class LostEntries(FrameLog<Epoch> log, ILostAndFound lostAndFound)
{
    /// <summary>Entries of the log that were given up and could not be kept, because they were gone from memory.</summary>
    public long UnlistedLosses { get; private set; }

    public long Losses { get; private set; }

    /// <summary>Keeps the log from <paramref name="from"/> on; the caller forgets it.</summary>
    public void KeepFrom(LogIndex from)
    {
        var first = LogIndex.Max(from, log.FirstIndex);
        UnlistedLosses += Math.Max(0, LogIndex.Min(first.Previous, log.LastIndex) - from.Previous);
        for (var index = first; index <= log.LastIndex; index = index.Next)
        {
            var entry = log[index];
            if (entry.Kind == EntryKind.NoOp) continue;
            lostAndFound.Keep(entry.Stamp, index, entry.Payload);
            Losses++;
        }
    }
}
