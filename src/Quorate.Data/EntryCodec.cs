using System.Buffers.Binary;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Data;

/// <summary>What an entry says besides its words.</summary>
/// <param name="Stamp">The leader's wall clock when it took the entry, Unix milliseconds.</param>
/// <param name="Protocol">2 or 3: the form of the reply.</param>
/// <param name="Session">Of a session command; of a digest or a voted read the life of the node that counts the ballots.</param>
/// <param name="Sequence">In that session; of a digest or a voted read the ballot's number there.</param>
/// <param name="LowestOutstanding">The session has no use any more for replies of sequences below this. Of a voted read: 1
/// when every replica is to tell its whole reply.</param>
public readonly record struct EntryHeader(
    KeyspaceEntryKind Kind, long Stamp, int Database, int Protocol, long Session, long Sequence, long LowestOutstanding);

/// <summary>
/// The entries of a keyspace's log: [u8 kind][i64 stamp][u8 database][u8 protocol], for all but commands and clocks
/// [i64 session][i64 sequence][i64 lowest outstanding], then [varint words]([varint length][bytes])*. Little-endian. The one
/// word of a digest is [u8 level][u32 number] of the range.
/// Nothing is allocated but to grow the caller's buffers. Any thread.
/// </summary>
public static class EntryCodec
{
    private const int FixedLength = 11;
    private const int SessionLength = 24;
    private const int LongestVarint = 5;

    /// <summary>Writes a command at the start of <paramref name="buffer"/>, which is replaced when too small.</summary>
    /// <returns>The length of the entry.</returns>
    public static int WriteCommand(ref byte[] buffer, long stamp, int database, int protocol, in CommandArgs args)
    {
        Reserve(ref buffer, args);
        WriteFixed(buffer, KeyspaceEntryKind.Command, stamp, database, protocol);
        return WriteWords(buffer, FixedLength, args);
    }

    /// <inheritdoc cref="WriteCommand"/>
    public static int WriteSessionCommand(
        ref byte[] buffer, long stamp, int database, int protocol, long session, long sequence, long lowestOutstanding,
        in CommandArgs args)
    {
        return WriteOfSession(KeyspaceEntryKind.SessionCommand, ref buffer, stamp, database, protocol, session, sequence,
            lowestOutstanding, args);
    }

    /// <summary>Writes a read for every replica to execute.</summary>
    /// <param name="asker">The life of the node that counts the ballots.</param>
    /// <param name="ballot">Their number there.</param>
    /// <param name="isWhole">Every replica is to tell its whole reply, however long.</param>
    /// <returns>The length of the entry.</returns>
    public static int WriteVotedRead(
        ref byte[] buffer, long stamp, int database, int protocol, long asker, long ballot, bool isWhole, in CommandArgs args) =>
        WriteOfSession(KeyspaceEntryKind.VotedRead, ref buffer, stamp, database, protocol, asker, ballot, isWhole ? 1 : 0, args);

    /// <summary>Writes an entry that has every replica hash a range of its state.</summary>
    /// <param name="asker">The life of the node that compares the hashes.</param>
    /// <param name="ballot">Their number there.</param>
    /// <returns>The length of the entry.</returns>
    public static int WriteDigest(ref byte[] buffer, long stamp, long asker, long ballot, StateRange range)
    {
        Span<byte> word = stackalloc byte[StateRange.EncodedLength];
        range.Write(word);
        var args = new CommandArgs(word, [new ArgRange(0, StateRange.EncodedLength)]);
        return WriteOfSession(KeyspaceEntryKind.Digest, ref buffer, stamp, 0, 2, asker, ballot, 0, args);
    }

    /// <summary>Writes a clock entry.</summary>
    /// <returns>The length of the entry.</returns>
    public static int WriteClock(ref byte[] buffer, long stamp)
    {
        Reserve(ref buffer, default);
        WriteFixed(buffer, KeyspaceEntryKind.Clock, stamp, 0, 2);
        return WriteWords(buffer, FixedLength, default);
    }

    /// <summary>
    /// Reads any entry. The words are views into <paramref name="payload"/> through <paramref name="ranges"/>, which is
    /// replaced when too small. False: the bytes are no entry.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, ref ArgRange[] ranges, out EntryHeader header, out CommandArgs args)
    {
        header = default;
        args = default;
        if (payload.Length < FixedLength + 1) return false;
        var kind = (KeyspaceEntryKind)payload[0];
        int database = payload[9], protocol = payload[10];
        if (kind is < KeyspaceEntryKind.Command or > KeyspaceEntryKind.VotedRead) return false;
        if (database >= KeyspaceMachine.DatabaseCount || protocol is not (2 or 3)) return false;
        long session = 0, sequence = 0, lowest = 0;
        var at = FixedLength;
        if (HasSession(kind))
        {
            if (payload.Length < FixedLength + SessionLength + 1) return false;
            session = BinaryPrimitives.ReadInt64LittleEndian(payload[at..]);
            sequence = BinaryPrimitives.ReadInt64LittleEndian(payload[(at + 8)..]);
            lowest = BinaryPrimitives.ReadInt64LittleEndian(payload[(at + 16)..]);
            at += SessionLength;
            if (sequence < 0 || lowest < 0) return false;
        }

        if (!Varint.TryRead(payload, ref at, out var count)) return false;
        // Every word takes a byte at least, so a wrong count asks for no more memory than the payload has.
        if (count > payload.Length - at || (kind == KeyspaceEntryKind.Clock) != (count == 0)) return false;
        if (ranges.Length < count) ranges = new ArgRange[Math.Max(count, 16)];
        for (var i = 0; i < count; i++)
        {
            if (!Varint.TryRead(payload, ref at, out var length) || length > payload.Length - at) return false;
            ranges[i] = new ArgRange(at, length);
            at += length;
        }

        if (at != payload.Length
            || (kind == KeyspaceEntryKind.Digest
                && !(count == 1 && StateRange.TryRead(payload.Slice(ranges[0].Start, ranges[0].Length), out _)))) return false;
        header = new EntryHeader(
            kind, BinaryPrimitives.ReadInt64LittleEndian(payload[1..]), database, protocol, session, sequence, lowest);
        args = new CommandArgs(payload, ranges.AsSpan(0, count));
        return true;
    }

    /// <summary>The second word of an entry that <see cref="TryRead"/> would take, nearly always its key. False: there is
    /// none.</summary>
    public static bool TryPeekKey(ReadOnlySpan<byte> payload, out int database, out ReadOnlySpan<byte> key)
    {
        database = 0;
        key = default;
        if (payload.Length <= FixedLength) return false;
        database = payload[9];
        var at = HasSession((KeyspaceEntryKind)payload[0]) ? FixedLength + SessionLength : FixedLength;
        if (!Varint.TryRead(payload, ref at, out var words) || words < 2) return false;
        if (!Varint.TryRead(payload, ref at, out var length) || length > payload.Length - at) return false;
        at += length;
        if (!Varint.TryRead(payload, ref at, out length) || length > payload.Length - at) return false;
        key = payload.Slice(at, length);
        return database < KeyspaceMachine.DatabaseCount;
    }

    /// <summary>The session of an entry that <see cref="TryRead"/> would take. False: it has none.</summary>
    public static bool TryPeekSession(ReadOnlySpan<byte> payload, out long session, out long sequence)
    {
        session = sequence = 0;
        if (payload.Length < FixedLength + SessionLength || (KeyspaceEntryKind)payload[0] != KeyspaceEntryKind.SessionCommand)
            return false;
        session = BinaryPrimitives.ReadInt64LittleEndian(payload[FixedLength..]);
        sequence = BinaryPrimitives.ReadInt64LittleEndian(payload[(FixedLength + 8)..]);
        return true;
    }

    private static bool HasSession(KeyspaceEntryKind kind) =>
        kind is KeyspaceEntryKind.SessionCommand or KeyspaceEntryKind.Digest or KeyspaceEntryKind.VotedRead;

    private static int WriteOfSession(
        KeyspaceEntryKind kind, ref byte[] buffer, long stamp, int database, int protocol, long session, long sequence,
        long lowestOutstanding, in CommandArgs args)
    {
        Reserve(ref buffer, args);
        WriteFixed(buffer, kind, stamp, database, protocol);
        BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(FixedLength), session);
        BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(FixedLength + 8), sequence);
        BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(FixedLength + 16), lowestOutstanding);
        return WriteWords(buffer, FixedLength + SessionLength, args);
    }

    private static void WriteFixed(byte[] buffer, KeyspaceEntryKind kind, long stamp, int database, int protocol)
    {
        buffer[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(1), stamp);
        buffer[9] = checked((byte)database);
        buffer[10] = checked((byte)protocol);
    }

    private static int WriteWords(byte[] buffer, int at, in CommandArgs args)
    {
        at += Varint.Write(buffer.AsSpan(at), args.Count);
        for (var i = 0; i < args.Count; i++)
        {
            var word = args[i];
            at += Varint.Write(buffer.AsSpan(at), word.Length);
            word.CopyTo(buffer.AsSpan(at));
            at += word.Length;
        }

        return at;
    }

    private static void Reserve(ref byte[] buffer, in CommandArgs args)
    {
        long length = FixedLength + SessionLength + LongestVarint;
        for (var i = 0; i < args.Count; i++) length += LongestVarint + args[i].Length;
        if (buffer.Length >= length) return;
        Invariant.Require(length <= Array.MaxLength, "a command fits into one entry");
        buffer = new byte[(int)Math.Min(Array.MaxLength, Math.Max(length, buffer.Length * 2L))];
    }
}
