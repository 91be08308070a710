using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Cluster.Journal;

/// <summary>The writing side of a journal: fills in checksums, writes and syncs. Used outside the node's lock.</summary>
internal sealed class SegmentWriter(IJournalFiles files, JournalRules rules, ulong salt, long last, long segment)
{
    private string _name = segment == 0 ? "" : JournalFormat.NameOf(segment);
    private uint _seed = JournalFormat.ChecksumSeed(segment, salt);
    private long _written = last;
    private bool _isDirty;
    private volatile JournalFailure _failure;

    public JournalFailure Failure => _failure;

    public string? Why { get; private set; }

    /// <summary>Every frame up to here has been synced.</summary>
    public long Synced { get; private set; } = last;

    /// <summary>The greatest point that a mark on the disk says to be synced.</summary>
    public long Attested { get; private set; }

    public bool Write(JournalBatch batch, bool sync)
    {
        if (_failure != JournalFailure.None) return false;
        var failure = JournalFailure.Write;
        try
        {
            for (var i = 0; i < batch.PartCount; i++)
            {
                var part = batch[i];
                if (part.StartsSegment)
                {
                    // A segment gets its first byte only when the one before is durable to its end. So all that is
                    // uncertain after a crash lies in one segment, also when batches are not synced.
                    failure = JournalFailure.Sync;
                    SyncPresent();
                    failure = JournalFailure.Write;
                    _name = JournalFormat.NameOf(part.Segment);
                    _seed = JournalFormat.ChecksumSeed(part.Segment, salt);
                    if (part.MustReplace) files.Delete(_name);
                    if (!part.IsPrepared) Create(_name, part.Segment, part.SegmentLength, isBeside: false, ref failure);
                }

                Seal(part.Bytes);
                files.Write(_name, part.Offset, part.Bytes);
                _written = part.Last;
                _isDirty = true;
            }

            failure = JournalFailure.Sync;
            var attested = Synced;
            if (sync) SyncPresent();
            // What this batch's mark says is itself on the disk only now.
            if (sync) Attested = attested;
            return true;
        }
        catch (IOException e)
        {
            Fail(e is DiskFullException ? JournalFailure.DiskFull : failure, e.Message);
            return false;
        }
    }

    public void Prepare(SegmentPlan plan)
    {
        var failure = JournalFailure.Write;
        try
        {
            // First, for they may be what the next segment needs the room of.
            foreach (var name in plan.Delete) files.Delete(name);
            if (plan.Number > 0)
            {
                var name = JournalFormat.NameOf(plan.Number);
                if (plan.Recycle is null) Create(name, plan.Number, plan.Length, isBeside: true, ref failure);
                else Recycle(plan.Recycle, name, plan, ref failure);
            }
        }
        catch (IOException e)
        {
            plan.Failure = e is DiskFullException ? JournalFailure.DiskFull : failure;
            plan.Why = Explain(plan.Failure, e.Message);
        }
    }

    public void Fail(JournalFailure failure, string why)
    {
        if (_failure != JournalFailure.None) return;
        Why = Explain(failure, why);
        _failure = failure; // last: it publishes the reason
    }

    private static string Explain(JournalFailure failure, string why) => failure switch
    {
        JournalFailure.DiskFull => $"journal: the disk is full: {why}",
        JournalFailure.Sync => $"journal: fsync failed, so the state of the last written records is unknown: {why}",
        _ => $"journal: writing failed: {why}",
    };

    private void SyncPresent()
    {
        if (!_isDirty) return;
        if (rules.SyncBeforeComplete) files.Sync(_name);
        Synced = _written;
        _isDirty = false;
    }

    private void Create(string name, long number, long length, bool isBeside, ref JournalFailure failure)
    {
        files.Create(name, length, isBeside);
        WriteHeader(name, number, length, ref failure);
        if (rules.SyncDirectoryAfterCreate) files.SyncDirectory();
    }

    private void Recycle(string old, string name, SegmentPlan plan, ref JournalFailure failure)
    {
        // The new name is durable before the header changes: a file is never found under its old name, where
        // recovery may still look for it, with a header that is torn.
        files.Rename(old, name);
        failure = JournalFailure.Sync;
        if (rules.SyncDirectoryAfterCreate) files.SyncDirectory();
        failure = JournalFailure.Write;
        WriteHeader(name, plan.Number, plan.Length, ref failure);
    }

    private void WriteHeader(string name, long number, long length, ref JournalFailure failure)
    {
        // A plan may be carried out beside a write: a block of its own.
        var block = new byte[JournalFormat.HeaderLength];
        JournalFormat.WriteHeader(block, number, length, salt);
        files.Write(name, 0, block);
        failure = JournalFailure.Sync;
        files.Sync(name);
    }

    /// <summary>Fills in what is known only now: how far all is durable, and the checksums.</summary>
    private void Seal(Span<byte> frames)
    {
        BinaryPrimitives.WriteInt64LittleEndian(frames[JournalFormat.SyncedOffset..], Synced);
        while (frames.Length > 0)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(frames);
            BinaryPrimitives.WriteUInt32LittleEndian(frames[4..], JournalFormat.ChecksumOf(frames, _seed, length));
            frames = frames[JournalFormat.FrameLength(length - JournalFormat.LengthWithoutPayload)..];
        }
    }
}
