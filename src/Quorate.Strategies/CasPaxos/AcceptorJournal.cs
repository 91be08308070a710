using System.Buffers;
using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>First byte of a record.</summary>
internal enum RecordKind : byte
{
    /// <summary>See <see cref="AcceptedConfiguration"/>.</summary>
    Configuration = 1,

    /// <summary>See <see cref="RegisterRecord"/>.</summary>
    Registers = 2,

    /// <summary>[i64 number]: a snapshot with this number was sealed; what is older may be gone from the journal.</summary>
    SnapshotMark = 3,
}

/// <summary>What of the acceptor is in the journal, and how far it is durable.</summary>
internal sealed class AcceptorJournal(CasPaxosReplica replica)
{
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private (PersistPoint After, PersistPoint Before)? _release;

    /// <summary>When all that the acceptor has promised and accepted is durable.</summary>
    public PersistPoint LastPoint { get; private set; }

    public PersistPoint DurablePoint { get; private set; }

    /// <summary>Bytes journaled since the last snapshot was begun.</summary>
    public long BytesSinceSnapshot { get; set; }

    public bool IsDurable => LastPoint <= DurablePoint;

    /// <summary>Hands what happened to registers to the journal, as one record.</summary>
    public void Save(Effects effects)
    {
        var unsaved = replica.Acceptor.Unsaved;
        if (unsaved.WrittenCount == 0) return;
        if (replica.Options.Durable)
        {
            _scratch.ResetWrittenCount();
            Packing.WriteByte(_scratch, (byte)RecordKind.Registers);
            _scratch.Write(unsaved.WrittenSpan);
            LastPoint = effects.Append(_scratch.WrittenSpan);
            BytesSinceSnapshot += _scratch.WrittenCount;
        }

        unsaved.ResetWrittenCount();
    }

    public void OnPersisted(PersistPoint durable, Effects effects)
    {
        if (durable > DurablePoint) DurablePoint = durable;
        if (_release is not { } release || release.After > durable) return;
        effects.Release(release.Before);
        _release = null;
    }

    /// <summary>What was recovered is durable.</summary>
    public void NoteRecovered(PersistPoint point, int bytes)
    {
        LastPoint = DurablePoint = point;
        BytesSinceSnapshot += bytes;
    }

    /// <summary>Snapshot <paramref name="number"/>, begun when the journal was at <paramref name="begun"/>, is durable: marks it,
    /// and gives up what was journaled before it was begun.</summary>
    public void MarkSnapshot(long number, PersistPoint begun, Effects effects)
    {
        Span<byte> record = stackalloc byte[9];
        record[0] = (byte)RecordKind.SnapshotMark;
        BinaryPrimitives.WriteInt64LittleEndian(record[1..], number);
        _release = (effects.Append(record), begun);
    }

    /// <summary>False: no mark.</summary>
    public static bool TryReadMark(ReadOnlySpan<byte> body, out long number) =>
        BinaryPrimitives.TryReadInt64LittleEndian(body, out number) && body.Length == sizeof(long);
}
