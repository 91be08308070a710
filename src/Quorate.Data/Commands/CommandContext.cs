using Quorate.Data.Store;
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

    internal KeyTable Table => Database.Table;

    internal uint NowSeconds => (uint)(NowMilliseconds / 1000);

    internal List<int> Slots { get; } = [];

    /// <summary>The key's slot in the current database, or 0. A write deletes the key when it is due.</summary>
    internal int Find(ReadOnlySpan<byte> key) => Find(Database, key, KeyTable.HashOf(key));

    internal int Find(Database database, ReadOnlySpan<byte> key) => Find(database, key, KeyTable.HashOf(key));

    internal int Find(Database database, ReadOnlySpan<byte> key, uint hash)
    {
        var slot = database.Table.Find(key, hash);
        if (slot == 0 || database.Table.SlotAt(slot).Expiry == 0) return slot;
        return IsLive(database.Table, slot) ? slot : 0;
    }

    /// <summary>As <see cref="Find(ReadOnlySpan{byte})"/>, counted as a hit or a miss of a reader.</summary>
    internal int FindCounted(ReadOnlySpan<byte> key)
    {
        var slot = Find(key);
        if (slot == 0) Machine.Statistics.Misses++;
        else Machine.Statistics.Hits++;
        return slot;
    }

    /// <summary>False when the key is expired by the log clock; then a write has deleted it.</summary>
    internal bool IsLive(KeyTable table, int slot)
    {
        var when = table.ExpiryOf(slot);
        if (when < 0) return true;
        if (NowMilliseconds > when)
        {
            if (!IsRead)
            {
                table.Remove(slot);
                Machine.Statistics.Expired++;
            }

            return false;
        }

        if (WallMilliseconds > when) ClockBehind = true;
        return true;
    }

    /// <summary>True when the slot is none or holds a string; else WRONGTYPE has been answered.</summary>
    internal bool RequireString(int slot)
    {
        if (slot == 0 || Table.SlotAt(slot).Flags.Kind == ValueKind.String) return true;
        Reply.Error(Errors.WrongType);
        return false;
    }

    /// <summary>Finds a key for reading a string from it. False: it is of another kind and WRONGTYPE has been answered.</summary>
    internal bool TryFindString(ReadOnlySpan<byte> key, out int slot)
    {
        slot = FindCounted(key);
        return RequireString(slot);
    }

    /// <summary>The value, or nothing when there is no key.</summary>
    internal ReadOnlySpan<byte> ValueOf(int slot) => slot == 0 ? default : Table.SlotAt(slot).Value;

    /// <summary>Puts a whole value, whatever was there. Returns the slot.</summary>
    internal int Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool keepExpiry = false, StringForm form = StringForm.Whole)
    {
        var hash = KeyTable.HashOf(key);
        var table = Table;
        var flags = new BlobFlags(ValueKind.String, form);
        var slot = Find(Database, key, hash);
        if (slot == 0)
        {
            slot = table.Insert(key, hash, value.Length, flags, NowSeconds);
            value.CopyTo(table.SlotAt(slot).Value);
            return slot;
        }

        value.CopyTo(table.Rewrite(slot, value.Length, flags, NowSeconds));
        if (!keepExpiry) table.ClearExpiry(slot);
        return slot;
    }

    /// <summary>Parses an integer; else answers the error.</summary>
    internal bool TryInteger(ReadOnlySpan<byte> text, out long value)
    {
        if (Numbers.TryParse(text, out value)) return true;
        Reply.Error(Errors.NotAnInteger);
        return false;
    }

    /// <summary>False, and answered, when a string may not become that long.</summary>
    internal bool RequireLength(long length)
    {
        if (length <= KeyspaceMachine.LongestValueBytes) return true;
        Reply.Error(Errors.TooLong);
        return false;
    }
}
