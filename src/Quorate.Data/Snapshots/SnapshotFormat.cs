namespace Quorate.Data.Snapshots;

/// <summary>
/// Records of a snapshot; a piece holds whole records. Little-endian.
/// Begin: [i64 clock][i64 last applied]. Entry: [attributes][key and value]. BigEntry: [attributes], key and value follow in
/// Parts. BuiltEntry, whose value is not packed: [attributes] and the key, or when it is long the key follows in Parts; then
/// the value in ValuePieces up to one that is empty. Attributes: [u8 database][u8 form][u32 written][i64 expiry or -1]
/// [varint version][varint key length][varint value length, 0 for a BuiltEntry]. Session: [i64 id][i64 last use][i64 low].
/// Reply, of the session before: [i64 sequence][varint length], its bytes follow in Parts. Part, ValuePiece: [varint length]
/// [bytes]. End: [i64 entries][i64 sessions][i64 replies].
/// </summary>
internal enum SnapshotRecord : byte
{
    Begin = 0xB2,
    Entry = 2,
    BigEntry = 3,
    Part = 4,
    Session = 5,
    Reply = 6,
    BuiltEntry = 7,
    ValuePiece = 8,
    End = 0xE1,
}

internal static class SnapshotFormat
{
    /// <summary>What is longer goes into parts.</summary>
    public const int LongestWhole = 64 << 10;

    /// <summary>Record kind and attributes, at most.</summary>
    public const int AttributesLength = 1 + 1 + 1 + 4 + 8 + Varint.LongestLong + (2 * Varint.Longest);
}
