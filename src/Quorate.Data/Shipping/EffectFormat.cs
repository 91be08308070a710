namespace Quorate.Data.Shipping;

/// <summary>What an effect starts from.</summary>
internal enum EffectKind : byte
{
    /// <summary>The state after the entry before.</summary>
    Step = 0xA3,

    /// <summary>The state after some earlier entry.</summary>
    Changes = 0xA4,
}

/// <summary>
/// An effect: [u8 kind][i64 clock], records, End. Little-endian. The first record may be Databases: for each of the sixteen,
/// [u8 number of the database whose contents it gets, or 0xFF: none]; each gives its contents once at most. Key:
/// [u8 database][u8 form][u32 written][i64 expiry or -1][varint version][varint key length][varint value length][key][value],
/// where a value that is not packed is all its pieces. Delta: the same with a delta of the value that the key has. NoKey:
/// [u8 database][u8 what was done to it][varint key length][key]. Then sessions, ascending by id; Session: [i64 id]
/// [i64 last use][i64 low][u8 1: it began anew]; Reply, of the session before, ascending: [i64 sequence][varint length]
/// [bytes]. NoSession: [i64 id].
/// </summary>
internal enum EffectRecord : byte
{
    Databases = 1,
    Key = 2,
    NoKey = 3,
    Session = 4,
    Reply = 5,
    NoSession = 6,
    Delta = 7,
    End = 0xE2,
}

/// <summary>Where the contents of each database come from: numbers of databases, <see cref="Nothing"/> for empty.</summary>
internal static class Arrangement
{
    public const byte Nothing = 0xFF;
    public const int Length = KeyspaceMachine.DatabaseCount;

    /// <summary>Every database keeps its contents.</summary>
    public static ReadOnlySpan<byte> Unchanged => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    /// <summary>Each database takes from another one's contents at most, and no two from one.</summary>
    public static bool IsValid(ReadOnlySpan<byte> sources)
    {
        var seen = 0;
        foreach (var source in sources)
        {
            if (source == Nothing) continue;
            if (source >= Length || (seen & (1 << source)) != 0) return false;
            seen |= 1 << source;
        }

        return sources.Length == Length;
    }
}
