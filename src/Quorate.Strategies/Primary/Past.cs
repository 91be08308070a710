using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>What a replica does about a past that is not the group's, or that nobody needs any more: entries are given up,
/// a state is replaced, memory is freed.</summary>
internal sealed class Past(PrimaryReplica replica)
{
    /// <summary>The state holds what the log no longer does: a snapshot must replace it.</summary>
    public bool IsStateLost { get; set; }

    /// <summary>Entries of the log that were given up and could not be kept, because they were gone from memory.</summary>
    public long UnlistedLosses { get; private set; }

    public long Losses { get; private set; }

    /// <summary>The group's history has other entries from <paramref name="from"/> on: those of this replica are kept in
    /// the lost-and-found, then forgotten.</summary>
    public void GiveUpFrom(LogIndex from)
    {
        KeepFrom(from);
        replica.Log.TruncateFrom(from);
        replica.Journal.TruncateFrom(from, replica.Out);
        replica.Arrivals.TruncateFrom(from);
        replica.Backup.OnLogEnds(from.Previous);
        replica.CommitIndex = LogIndex.Min(replica.CommitIndex, from.Previous);
        var hadApplied = replica.LastApplied >= from;
        replica.Applier.LoseFrom(from);
        if (!hadApplied) return;
        LoseState();
        replica.Journal.SaveMark(RecordKind.StateLost, replica.Out);
    }

    /// <summary>Puts entries into the lost-and-found; the caller forgets them.</summary>
    public void KeepFrom(LogIndex from)
    {
        var first = LogIndex.Max(from, replica.Log.FirstIndex);
        UnlistedLosses += Math.Max(0, LogIndex.Min(first.Previous, replica.Log.LastIndex) - from.Previous);
        for (var index = first; index <= replica.Log.LastIndex; index = index.Next)
        {
            var entry = replica.Log[index];
            if (entry.Kind == EntryKind.NoOp) continue;
            replica.LostAndFound.Keep(entry.Stamp, index, entry.Payload);
            Losses++;
        }
    }

    public void LoseState()
    {
        IsStateLost = true;
        replica.SnapshotMaker.Forget();
    }

    /// <summary>The state was replaced by that of a snapshot; the log goes on after it if it agrees with it.</summary>
    public void JumpTo(LogIndex index, Epoch epoch, in SnapshotPast past)
    {
        var agrees = index >= replica.Log.BaseIndex && replica.Log.HasStampAt(index) && replica.Log.StampAt(index) == epoch;
        if (!agrees)
        {
            // Entries that the snapshot's history has too are in the snapshot; the others are nowhere else.
            var common = replica.Log.LastCommon(past.History, index);
            if (common < replica.Log.LastIndex) KeepFrom(common.Next);
            replica.Log.Reset(index, epoch, past.History);
            replica.Backup.OnLogEnds(index);
        }

        replica.Journal.JumpTo(index, epoch, agrees, replica.Out);
        replica.Arrivals.JumpTo(index);
        replica.CommitIndex = agrees ? LogIndex.Max(replica.CommitIndex, past.Committed) : past.Committed;
        replica.Applier.JumpTo(index);
        IsStateLost = false;
        replica.ApplyCommitted();
        replica.Backup.ReleaseReads();
    }

    /// <summary>Memory keeps what somebody may still need of the log, within bounds; the journal has all of it.</summary>
    public void TrimLog()
    {
        var feeder = replica.Serving?.Feeder ?? replica.Cascade;
        var target = feeder is null ? replica.DropIndex : LogIndex.Min(replica.DropIndex, feeder.NeededBy(onlyPresent: false));
        if (replica.Log.Bytes > replica.Options.MaxLagBytes)
        {
            var most = replica.Log.FirstWithin(replica.Options.MaxLagBytes).Previous;
            if (feeder is not null)
                most = LogIndex.Max(
                    LogIndex.Min(most, feeder.NeededBy(onlyPresent: true)),
                    replica.Log.FirstWithin(replica.SnapshotMaker.FillBytes).Previous);
            target = LogIndex.Max(target, most);
        }

        target = LogIndex.Min(
            LogIndex.Min(target, LogIndex.Min(replica.LastApplied, replica.CommitIndex)), replica.Journal.JournaledIndex);
        if (target > replica.Log.BaseIndex && !IsStateLost) replica.Log.DropThrough(target);
    }
}
