using Quorate.Data.Values;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Data.Store;

/// <summary>
/// The keys of one database and what they hold. A key that was found is named by its row, a number above 0 that is good until
/// the key is removed; 0 is none. Nothing here knows the rules of expiry: a store keeps when, others decide.
/// A store tells its taps of every change before it makes it. One caller at a time.
/// <para>
/// What each key has: a value, which is bytes or a <see cref="Value"/>, with its form; the version, which is the entry that
/// wrote it last; when that was; when it expires; and the hash slot that <see cref="KeySlot"/> makes of its name.
/// </para>
/// </summary>
public interface IKeyStore
{
    /// <summary>Number of the database whose contents these are now, as taps are told.</summary>
    int Database { get; set; }

    /// <summary>Told of changes; <see cref="Taps.None"/> while these are the contents of no database.</summary>
    Taps Taps { get; set; }

    /// <summary>Keys, those included that are due but not yet deleted.</summary>
    int Count { get; }

    /// <summary>Keys with an expiry.</summary>
    int ExpiringCount { get; }

    /// <summary>Approximate bytes of memory.</summary>
    long UsedBytes { get; }

    /// <summary>The key is about to be asked for. False: it is not in memory, and is being fetched; it must not be asked for
    /// before it has come. A store in memory brings it near to the processor and answers true.</summary>
    bool Foresee(ReadOnlySpan<byte> key, uint hash);

    /// <summary>The key's row and, when there is one, its mark.</summary>
    /// <param name="key">any bytes</param>
    /// <param name="hash">its <see cref="KeyHash"/></param>
    /// <param name="mark">as <see cref="MarkOf"/></param>
    int Find(ReadOnlySpan<byte> key, uint hash, out KeyMark mark);

    KeyMark MarkOf(int row);

    ReadOnlySpan<byte> KeyOf(int row);

    /// <summary>Of a packed value; valid until the key is next changed.</summary>
    ReadOnlySpan<byte> BytesOf(int row);

    /// <summary>Of a value that is not packed; not to be changed without <see cref="Change"/>.</summary>
    Value ValueOf(int row);

    /// <summary>Seconds of the log clock when the value was last written.</summary>
    uint WrittenOf(int row);

    /// <summary>Unix milliseconds after which the key is expired, or -1.</summary>
    long ExpiryOf(int row);

    /// <summary>Bytes of memory that the key and its value take.</summary>
    long MeasureOf(int row);

    /// <summary>Adds a key that is not there, with a packed value; the caller fills its bytes at once.</summary>
    int Insert(ReadOnlySpan<byte> key, uint hash, int length, ValueForm form, KeyStamp stamp, out Span<byte> bytes);

    /// <summary>Adds a key that is not there. The value is under no other key; it is the store's from now on.</summary>
    int Insert(ReadOnlySpan<byte> key, uint hash, Value value, ValueForm form, KeyStamp stamp);

    /// <summary>Puts a packed value in place of what is there, and gives its bytes, which are undefined, to be filled at
    /// once.</summary>
    Span<byte> Rewrite(int row, int length, ValueForm form, KeyStamp stamp);

    /// <summary>Changes a packed value in place: keeps its bytes up to <paramref name="length"/>, new bytes are zero. Room grows
    /// ahead, so that appending costs little.</summary>
    Span<byte> Reshape(int row, int length, ValueForm form, KeyStamp stamp);

    /// <summary>Puts a value in place of what is there.</summary>
    void Replace(int row, Value value, ValueForm form, KeyStamp stamp);

    /// <summary>Elements of the value, which is not packed, are about to be changed; gives it.</summary>
    Value Change(int row, KeyStamp stamp);

    /// <summary>Removes the key. Gives its value when it is not packed; it is the caller's now.</summary>
    /// <param name="row">of the key</param>
    /// <param name="why">what taps are told</param>
    Value? Remove(int row, KeyChange why);

    /// <param name="row">of the key</param>
    /// <param name="when">Unix milliseconds, 0 and up</param>
    /// <param name="version">of the entry that sets it</param>
    void SetExpiry(int row, long when, LogIndex version);

    /// <summary>False: there was none.</summary>
    bool ClearExpiry(int row, LogIndex version);

    /// <summary>When the key expires that expires first; the greatest time there is when none does.</summary>
    long FirstExpiry { get; }

    /// <summary>The key that expires first; there is one. Every store has the same order among keys of one time.</summary>
    int FirstToExpire { get; }

    /// <summary>The next row that holds a key, after this one, in no order; 0 after the last one, and the first one after
    /// 0.</summary>
    int NextRow(int row);

    /// <summary>Lists rows from the cursor on until there are <paramref name="count"/>, and gives the cursor to go on from; 0 is
    /// the beginning, and the end. From the first call to the last every key that stays is listed.</summary>
    ulong Scan(ulong cursor, long count, List<int> rows);

    /// <summary>A row at random; there is one.</summary>
    int RandomRow(Prng dice);

    /// <summary>The sum of <see cref="KeyDigest.Of"/> of the keys in the range; takes time in proportion to them.</summary>
    ulong Digest(StateRange range);

    /// <summary>Finds keys by their hash slot; null: it was not asked for, or forgotten.</summary>
    ISlotIndex? Slots { get; }

    /// <summary>Begins to find keys by their hash slot; <see cref="ISlotIndex.Build"/> goes over the keys that are
    /// there.</summary>
    ISlotIndex IndexSlots();

    /// <summary>Keys are not found by their slot any more.</summary>
    void ForgetSlots();

    /// <summary>Begins to walk over the keys as they are now. One walk at a time.</summary>
    IKeyWalk BeginWalk(int database, IKeySink sink);

    /// <summary>Key and bytes of a packed value in one stretch that does not change any more, for a walk.</summary>
    ReadOnlyMemory<byte> Hold(int row);

    /// <summary>Every key is where it can be found, and counted; for tests and the simulator.</summary>
    bool IsConsistent();
}
