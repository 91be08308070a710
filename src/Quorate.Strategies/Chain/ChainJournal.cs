using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>First byte of a chain record.</summary>
internal enum RecordKind : byte
{
    /// <summary>[u8 flags][i64 epoch][i32 head][i32 n][n × i32 in sync][i32 m][m × i32 learners]: see
    /// <see cref="AcceptedEpoch"/>.</summary>
    Accepted = 1,

    /// <summary>See <see cref="EntriesRecord"/>; what the journal had from there on is void.</summary>
    Entries = EntriesRecord.Kind,

    /// <summary>[i64 index][i64 epoch]: a snapshot up to there was sealed.</summary>
    SnapshotMark = 3,
}

/// <summary>What of the replica is in the journal, and how far it is durable; what of the control plane's word is,
/// <see cref="AcceptedEpoch"/> knows.</summary>
internal sealed class ChainJournal(ChainOptions options) : OrderedJournal<Epoch>(options.Durable)
{
    /// <summary>A snapshot up to <paramref name="index"/> is durable: marks it, writes what is still needed of the older
    /// records again and gives them up.</summary>
    public void MarkSnapshot(LogIndex index, Epoch epoch, AcceptedEpoch accepted, Effects effects)
    {
        var mark = SaveNumbers((byte)RecordKind.SnapshotMark, effects, index.Value, epoch.Value);
        ReleaseThrough(index, mark, accepted.SaveAgain(), keepAfter: index);
    }
}
