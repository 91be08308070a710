namespace Quorate.Replication;

/// <summary>A machine that can say what a delta, or states, are about: then a replica that is behind can be sent the newest
/// state of what changed instead of every change.</summary>
public interface IDeltaKeys
{
    /// <summary>Adds the keys that bytes of this machine concern to <paramref name="keys"/>. False: the bytes are no delta and
    /// no state of single keys.</summary>
    bool TryKeysOf(ReadOnlySpan<byte> bytes, ICollection<byte[]> keys);
}
