using Quorate.Data.Store;
using Quorate.Data.Values;
using Quorate.Replication.Ordered;
using Quorate.Resp;

namespace Quorate.Data.Commands;

/// <summary>
/// What a handler works on. The machine owns two and reuses them: one for entries of the log, one for reads. The rules of
/// expiry are here: writes see the log clock alone; reads see it too, but notice when the wall clock is past an expiry that
/// the log has not reached.
/// </summary>
public sealed class CommandContext
{
    internal CommandContext(KeyspaceMachine machine, bool isRead)
    {
        Machine = machine;
        IsRead = isRead;
        Database = machine.Databases[0];
        Reply = RespWriter.Discarding();
    }

    /// <summary>The database the client has selected.</summary>
    public Database Database { get; internal set; }

    public KeyspaceMachine Machine { get; }

    /// <summary>The log clock, Unix milliseconds: the only time a write may depend on.</summary>
    public long NowMilliseconds { get; internal set; }

    /// <summary>The wall clock of this node for reads, Unix milliseconds; equal to the log clock for writes.</summary>
    public long WallMilliseconds { get; internal set; }

    public RespWriter Reply { get; internal set; }

    /// <summary>Set by a read that met a key whose expiry lies between log clock and wall clock. Its reply must not be used:
    /// order a clock entry and read again.</summary>
    public bool ClockBehind { get; internal set; }

    internal bool IsRead { get; }

    /// <summary>The contents of the database.</summary>
    public IKeyStore Store => Database.Store;

    /// <summary>What this entry leaves at the keys that it writes.</summary>
    public KeyStamp Stamp => new(Machine.LastApplied, (uint)(NowMilliseconds / 1000));

    /// <summary>Reused by commands that list keys.</summary>
    internal List<int> Rows { get; } = [];

    /// <summary>The key's row in the current database, or 0. A write deletes the key when it is due.</summary>
    public int Find(ReadOnlySpan<byte> key) => Find(Database, key, KeyHash.Of(key), out _);

    /// <summary>As <see cref="Find(ReadOnlySpan{byte})"/>, in any database.</summary>
    public int Find(Database database, ReadOnlySpan<byte> key) => Find(database, key, KeyHash.Of(key), out _);

    /// <summary>As <see cref="Find(ReadOnlySpan{byte})"/>, for a value of this kind. False: the key holds another one, and
    /// WRONGTYPE has been answered.</summary>
    public bool TryFind(ReadOnlySpan<byte> key, ValueKind kind, out int row)
    {
        row = IsRead ? FindCounted(key, out var mark) : Find(Database, key, KeyHash.Of(key), out mark);
        return RequireKind(row, mark, kind);
    }

    internal int Find(Database database, ReadOnlySpan<byte> key, uint hash, out KeyMark mark)
    {
        var row = database.Store.Find(key, hash, out mark);
        return row == 0 || !mark.Expires || IsLive(database.Store, row) ? row : 0;
    }

    /// <summary>As <see cref="Find(ReadOnlySpan{byte})"/>, counted as a hit or a miss of a reader.</summary>
    internal int FindCounted(ReadOnlySpan<byte> key) => FindCounted(key, out _);

    internal int FindCounted(ReadOnlySpan<byte> key, out KeyMark mark)
    {
        var row = Find(Database, key, KeyHash.Of(key), out mark);
        if (row == 0) Machine.Statistics.Misses++;
        else Machine.Statistics.Hits++;
        return row;
    }

    /// <summary>False when the key is expired by the log clock; then a write has deleted it.</summary>
    internal bool IsLive(IKeyStore store, int row)
    {
        var when = store.ExpiryOf(row);
        if (when < 0) return true;
        if (NowMilliseconds > when)
        {
            if (!IsRead)
            {
                store.Remove(row, KeyChange.Expired);
                Machine.Statistics.Expired++;
            }

            return false;
        }

        if (WallMilliseconds > when) ClockBehind = true;
        return true;
    }

    /// <summary>True when the row is none or holds a value of this kind; else WRONGTYPE has been answered.</summary>
    internal bool RequireKind(int row, KeyMark mark, ValueKind kind)
    {
        if (row == 0 || mark.Kind == kind) return true;
        Reply.Error(Errors.WrongType);
        return false;
    }

    /// <summary>Parses an integer; else answers the error.</summary>
    public bool TryInteger(ReadOnlySpan<byte> text, out long value)
    {
        if (Numbers.TryParse(text, out value)) return true;
        Reply.Error(Errors.NotAnInteger);
        return false;
    }
}
