using System.Buffers.Binary;
using Quorate.Replication;

namespace Quorate.Data.Store;

/// <summary>A hash of a key and all that it has: its bytes, value, form, version, time of writing and expiry.</summary>
internal static class KeyDigest
{
    /// <param name="database">its number</param>
    /// <param name="store">where the key is</param>
    /// <param name="row">the key's</param>
    /// <param name="hash">by which the store finds the key: were it wrong, the key would be lost</param>
    public static ulong Of(int database, IKeyStore store, int row, uint hash)
    {
        var mark = store.MarkOf(row);
        var value = mark.IsBuilt ? store.ValueOf(row).Digest() : Hash.Of(store.BytesOf(row));
        return Of(database, store.KeyOf(row), hash, mark, value, store.WrittenOf(row), store.ExpiryOf(row));
    }

    /// <summary>The same of what a store has found already.</summary>
    public static ulong Of(
        int database, ReadOnlySpan<byte> key, uint hash, KeyMark mark, ulong valueDigest, uint written, long expiry) =>
        Mix(Hash.Of(key) + hash, valueDigest, (long)mark.State, (uint)database | ((long)written << 8), expiry);

    /// <summary>A hash of five numbers.</summary>
    public static ulong Mix(ulong a, ulong b, long c, long d, long e)
    {
        Span<byte> bytes = stackalloc byte[40];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, a);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], b);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], c);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], d);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], e);
        return Hash.Of(bytes);
    }
}
