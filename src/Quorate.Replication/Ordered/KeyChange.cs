namespace Quorate.Replication.Ordered;

/// <summary>What an entry did to a key.</summary>
public enum KeyChange : byte
{
    /// <summary>The key is new, or its value was written; what became of its expiry is told by a call of its own.</summary>
    Written,

    /// <summary>A command removed the key.</summary>
    Removed,

    /// <summary>The key was removed because its time had run out.</summary>
    Expired,

    /// <summary>The key will run out at a time that the entry set; the value is as it was.</summary>
    ExpirySet,

    /// <summary>The key will not run out any more; the value is as it was.</summary>
    ExpiryCleared,
}
