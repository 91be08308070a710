namespace Quorate.Replication.Ordered;

/// <summary>
/// Listens to what becomes of the state of one replica, in the order of the log. For each entry the machine tells the keys
/// that the entry touches, then the replica tells the entry itself, and some time later that it is committed.
/// <para>
/// Nearly always an entry is committed before it is applied. Only a primary that ships state executes first and commits
/// then: a tap that tells others must hold back until <see cref="OnCommitted"/>. Entries that were executed and then lost
/// are never committed; the state they were part of is replaced.
/// </para>
/// A tap must not call the replica or the machine that it listens to, but for reading the state. It is called on the
/// replica's thread, one call at a time. What it is given is valid during the call only.
/// </summary>
public interface ITap
{
    /// <summary>The entry that is being applied touches this key. A key may be told more than once for an entry. The state of
    /// the key may not have changed yet: read it in <see cref="OnApplied"/>.</summary>
    /// <param name="database">number of the database, 0 and up</param>
    /// <param name="key">the whole key</param>
    /// <param name="change">what is done to it</param>
    void OnKey(int database, ReadOnlySpan<byte> key, KeyChange change);

    /// <summary>The entry that is being applied touches all keys of the database: <see cref="KeyChange.Removed"/> when the
    /// database is emptied, <see cref="KeyChange.Written"/> when it gets the contents of another.</summary>
    void OnAllKeys(int database, KeyChange change);

    /// <summary>The entry has been applied; the keys told since the entry before are those that it touched.</summary>
    void OnApplied(in AppliedEntry entry);

    /// <summary>Every entry up to here is committed. Never before <see cref="OnApplied"/> of that entry.</summary>
    void OnCommitted(LogIndex index)
    {
    }

    /// <summary>The state is another one: that of <paramref name="index"/>, from a snapshot or from the newest state of
    /// several entries at once. It is committed. What was told before says nothing about it, and keys that were told since
    /// the last entry belong to none.</summary>
    void OnReplaced(LogIndex index);
}
