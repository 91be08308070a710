namespace Quorate.Cluster.Journal;

/// <summary>
/// The file system as the journal sees it: one flat folder. The shell implements it with files and fdatasync, the
/// simulator with a disk that forgets, tears, flips and fills up. Errors are <see cref="System.IO.IOException"/>.
/// </summary>
public interface IJournalFiles
{
    /// <summary>Names in the folder, in no particular order.</summary>
    IReadOnlyList<string> List();

    /// <summary>Creates a file of the given length, zero-filled and durable in length and content, but its name becomes
    /// durable only with <see cref="SyncDirectory"/>.</summary>
    /// <param name="name">its name in the folder; what has it is replaced</param>
    /// <param name="length">in bytes</param>
    /// <param name="isBeside">batches are written to other files meanwhile and are not to wait for this: it may take
    /// longer</param>
    void Create(string name, long length, bool isBeside = false);

    long Length(string name);

    /// <summary>Reads up to <paramref name="buffer"/>'s length; fewer only at the end of the file.</summary>
    int Read(string name, long offset, Span<byte> buffer);

    /// <summary>Overwrites bytes within the length of the file. Durable only after <see cref="Sync"/>.</summary>
    void Write(string name, long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Waits until all that was written to the file is durable. An error means that what was written since the
    /// last success is in an unknown state for ever: the caller must not try again on the same file.</summary>
    void Sync(string name);

    void Delete(string name);

    /// <summary>Renames, replacing what has the new name; durable after <see cref="SyncDirectory"/>.</summary>
    void Rename(string from, string to);

    void SyncDirectory();
}
