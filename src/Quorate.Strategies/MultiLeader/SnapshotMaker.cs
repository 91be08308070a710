using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Snapshots;

namespace Quorate.Strategies.MultiLeader;

/// <summary>
/// Makes this replica's own snapshots, a piece a turn: first the summary of what was seen, in the header, then all states,
/// while updates go on. What the pieces show beyond the summary is in the journal, and durable there before the snapshot
/// is sealed: otherwise a restart would know an update's effect and not the update.
/// </summary>
internal sealed class SnapshotMaker(MultiLeaderReplica replica)
{
    private ulong _from;
    private PersistPoint _covered;
    private PersistPoint? _sealAfter;

    public NumberedSnapshots Snapshots { get; } = new();

    public void BeginIfDue()
    {
        if (!replica.Options.Durable || !replica.IsConfigured) return;
        if (!Snapshots.IsDue(replica.Journal.BytesSinceSnapshot, replica.Options.SnapshotThresholdBytes)) return;
        replica.Journal.Flush(replica.Out);
        _covered = replica.Journal.LastPoint;
        var summary = new ArrayBufferWriter<byte>();
        replica.Knowledge.CausalAfter.Encode(summary);
        replica.Machine.WriteSummary(summary);
        Snapshots.Begin(replica.Snapshots, summary.WrittenMemory);
        (_from, _sealAfter) = (0, null);
    }

    public void Work()
    {
        if (_sealAfter is { } point)
        {
            if (!Snapshots.IsOpen || replica.Journal.DurablePoint < point) return;
            Snapshots.Seal();
            return;
        }

        if (!Snapshots.IsReady) return;
        var more = replica.Machine.WriteStates(ref _from, replica.Options.PieceBytes, Snapshots.Piece);
        Snapshots.Append();
        if (more) return;
        replica.Journal.Flush(replica.Out);
        _sealAfter = replica.Journal.LastPoint;
    }

    public void OnSealed(LogIndex index, bool saved)
    {
        if (!Snapshots.TryEnd(index, saved)) return;
        replica.Journal.Save(RecordKind.SnapshotMark, Snapshots.SealedNumber, replica.Out);
        replica.SaveStanding();
        replica.Journal.ReleaseAfterSnapshot(_covered);
    }
}
