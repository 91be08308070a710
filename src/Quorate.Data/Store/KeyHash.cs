using Quorate.Replication;

namespace Quorate.Data.Store;

/// <summary>The hash by which stores find keys and <see cref="StateRange"/> cuts the state; the same on every replica.</summary>
public static class KeyHash
{
    public static uint Of(ReadOnlySpan<byte> key) => (uint)Hash.Of(key);
}
