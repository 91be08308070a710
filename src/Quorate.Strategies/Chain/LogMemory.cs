using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>Memory keeps what a learner may still need of the applied log, within bounds; the journal has all of it.</summary>
internal sealed class LogMemory(
    AcceptedEpoch accepted, FrameLog<Epoch> log, KeyedLog keyed, Applier<Epoch> applier, Place place, SnapshotMaker maker)
{
    public void Trim()
    {
        var bound = accepted.Options.RetainedBytes;
        if (log.Bytes <= bound) return;
        var target = LogIndex.Min(applier.LastApplied, log.FirstWithin(bound).Previous);
        if (place.Position?.Tail is { } tail) target = LogIndex.Min(target, tail.NeededFrom(target));
        if (log.Bytes > maker.FillBytes)
            target = LogIndex.Max(target, LogIndex.Min(applier.LastApplied, log.FirstWithin(maker.FillBytes).Previous));

        if (target > log.BaseIndex) keyed.DropThrough(target, applier.LastApplied);
    }
}
