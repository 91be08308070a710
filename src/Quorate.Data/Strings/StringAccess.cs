using Quorate.Data.Commands;
using Quorate.Data.Store;
using Quorate.Data.Values;

namespace Quorate.Data.Strings;

/// <summary>How commands find, read and put strings.</summary>
internal static class StringAccess
{
    /// <summary>Finds a key for writing a string to it; the row is 0 when there is none. False: it is of another kind and
    /// WRONGTYPE has been answered.</summary>
    public static bool TryFindString(this CommandContext context, ReadOnlySpan<byte> key, out int row)
    {
        row = context.Find(context.Database, key, KeyHash.Of(key), out var mark);
        return context.RequireKind(row, mark, ValueKind.String);
    }

    /// <summary>As <see cref="TryFindString"/>, counted as a hit or a miss of a reader.</summary>
    public static bool TryReadString(this CommandContext context, ReadOnlySpan<byte> key, out int row)
    {
        row = context.FindCounted(key, out var mark);
        return context.RequireKind(row, mark, ValueKind.String);
    }

    /// <summary>The string, or nothing when there is no key.</summary>
    public static ReadOnlySpan<byte> StringOf(this CommandContext context, int row) =>
        row == 0 ? default : context.Store.BytesOf(row);

    /// <summary>Puts a whole string, whatever was there. Returns the row.</summary>
    public static int SetString(
        this CommandContext context, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool keepExpiry = false,
        StringForm form = StringForm.Whole)
    {
        var hash = KeyHash.Of(key);
        var store = context.Store;
        var row = context.Find(context.Database, key, hash, out var mark);
        if (row == 0)
        {
            row = store.Insert(key, hash, value.Length, StringType.Of(form), context.Stamp, out var bytes);
            value.CopyTo(bytes);
            return row;
        }

        value.CopyTo(store.Rewrite(row, value.Length, StringType.Of(form), context.Stamp));
        if (mark.Expires && !keepExpiry) store.ClearExpiry(row, context.Stamp.Version);
        return row;
    }

    /// <summary>Puts a whole string in place of the one in a row that was just found, and leaves its expiry.</summary>
    public static void PutString(this CommandContext context, int row, ReadOnlySpan<byte> value, StringForm form) =>
        value.CopyTo(context.Store.Rewrite(row, value.Length, StringType.Of(form), context.Stamp));

    /// <summary>False, and answered, when a string may not become that long.</summary>
    public static bool RequireLength(this CommandContext context, long length)
    {
        if (length <= KeyspaceMachine.LongestValueBytes) return true;
        context.Reply.Error(Errors.TooLong);
        return false;
    }
}
