using System.Buffers.Binary;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>Puts a replica together again from its newest snapshot and its journal.</summary>
internal sealed class Recovery(MultiLeaderReplica replica)
{
    private readonly DotContext _shows = new();
    private long _snapshot;
    private long _mark;
    private bool _isMemoryLost;
    private bool _isDamaged;
    private bool _hasBirth;
    private bool _isWhole;
    private bool _areGapsClosed;

    /// <summary>Nothing was ever kept here.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <summary>Something that left this replica in an earlier life may be missing.</summary>
    public bool MayHaveForgotten => _isMemoryLost || _isDamaged || _mark > _snapshot;

    /// <summary>Snapshots are counted on from here.</summary>
    public long LastSnapshot => Math.Max(_snapshot, _mark);

    /// <summary>After a birth: whose state is still missing.</summary>
    public (bool NeedsWhole, bool HasGaps) Missing => (_hasBirth && !_isWhole, _hasBirth && !_areGapsClosed);

    public void RestoreNewestSnapshot()
    {
        using var reader = replica.Snapshots.OpenNewest();
        if (reader is null) return;
        IsEmpty = false;
        var bytes = 0L;
        for (var i = 0; i < reader.PieceCount; i++)
        {
            if (!reader.TryRead(i, out var piece) || !replica.Machine.TryRecover(piece.Span)) _isDamaged = true;
            bytes += piece.Length;
        }

        var extra = new PackedReader(reader.Header.Extra.Span);
        if (!DotContext.TryDecode(ref extra, _shows)) _isDamaged = true;
        else if (!_isDamaged) _isDamaged = !replica.Machine.TryRecover(reader.Header.Extra.Span[^extra.Remaining..]);
        replica.Knowledge.CausalAfter.Join(_shows);
        replica.Knowledge.Growth.Join(replica.Machine.Seen);
        replica.Knowledge.Growth.Join(_shows);
        _snapshot = reader.Header.Index.Value;
        replica.SnapshotMaker.Snapshots.NoteSealed(_snapshot, bytes);
    }

    public bool TryAccept(ReadOnlySpan<byte> record, PersistPoint point)
    {
        if (record.IsEmpty) return false;
        IsEmpty = false;
        var kind = (RecordKind)record[0];
        var body = record[1..];
        var isGood = kind switch
        {
            RecordKind.Configuration => TryConfiguration(body),
            RecordKind.Deltas => TryDeltas(body),
            RecordKind.State => TryState(body),
            RecordKind.Summary => TrySummary(body),
            RecordKind.Birth => TryBirth(body),
            RecordKind.SnapshotMark => body.Length == 8 && Note(ref _mark, BinaryPrimitives.ReadInt64LittleEndian(body)),
            RecordKind.MemoryMode => body.Length == 8 && (_isMemoryLost = true),
            RecordKind.Whole => _isWhole = true,
            RecordKind.GapsClosed => _areGapsClosed = true,
            _ => false,
        };
        if (isGood) replica.Journal.NoteRecovered(point, kind, record.Length);
        return isGood;
    }

    private static bool Note(ref long place, long value)
    {
        place = value;
        return true;
    }

    private bool TryConfiguration(ReadOnlySpan<byte> body)
    {
        var reader = new PackedReader(body);
        if (!ConfigurationCodec.TryRead(ref reader, out var configuration) || !reader.IsAtEnd) return false;
        if (replica.Configuration is { } known && configuration!.Epoch < known.Epoch) return false;
        replica.RestoreConfiguration(configuration!);
        return true;
    }

    private bool TryDeltas(ReadOnlySpan<byte> body)
    {
        if (!Frame.AreWellFormed(body)) return false;
        while (Frame.TryRead(ref body, out var frame))
        {
            var isNew = !replica.Machine.Seen.Covers(frame.Run);
            if (isNew && !replica.Machine.TryRecover(frame.Delta)) return false;
            // Those of before the snapshot are kept for members that may lack them.
            replica.Log.Add(frame.Run, frame.Bytes, now: 0);
            if (!isNew) continue;
            // One that closes a gap depends on nothing, so the next still has to tell what was learnt.
            if (frame.Run.Node == replica.Self && frame.Run.UpTo > (replica.Birth?.Born ?? 0)) replica.Knowledge.Growth.Clear();
            else replica.Knowledge.Growth.Add(frame.Run);
        }

        return true;
    }

    private bool TryState(ReadOnlySpan<byte> body)
    {
        var reader = new PackedReader(body);
        if (!DotContext.TryDecode(ref reader, _shows) || !replica.Machine.TryRecover(body[^reader.Remaining..])) return false;
        replica.Knowledge.CausalAfter.Join(_shows);
        replica.Knowledge.Growth.Join(_shows);
        return true;
    }

    private bool TrySummary(ReadOnlySpan<byte> body)
    {
        if (!replica.Machine.TryRecover(body)) return false;
        replica.Knowledge.Growth.Join(replica.Machine.Seen);
        return true;
    }

    /// <summary>A life that began without memory: what it says about itself is kept with what it says to the machine.</summary>
    private bool TryBirth(ReadOnlySpan<byte> body)
    {
        var reader = new PackedReader(body);
        if (!reader.TryNatural(out var born) || !replica.Machine.TryRecover(body[^reader.Remaining..])) return false;
        replica.Birth = new Birth(born, body.ToArray());
        _hasBirth = true;
        _isWhole = _areGapsClosed = _isMemoryLost = false;
        return true;
    }
}
