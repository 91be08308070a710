using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Quorate.Cluster.Journal;

namespace Quorate.Server.Storage;

/// <summary>
/// The calls whose results .NET hides or does not offer. RandomAccess.FlushToDisk returns normally when fsync(2) answers
/// EIO, so a store that relies on it acknowledges what is lost. Linux.
/// </summary>
internal static partial class Posix
{
    private const int EINTR = 4;
    private const int EWOULDBLOCK = 11;
    private const int EINVAL = 22;
    private const int ENOSPC = 28;
    private const int EOPNOTSUPP = 95;
    private const int EDQUOT = 122;
    private const int LockExclusiveNoWait = 2 | 4;
    private const int ReadOnly = 0;
    private const int ReadWriteCreateCloseOnExec = 2 | 0x40 | 0x80000;
    private const int OwnerWritesAllRead = 0x1A4; // 0644

    /// <summary>Content and length; not the times.</summary>
    public static void SyncData(SafeFileHandle file, string path)
    {
        while (fdatasync(file) != 0) ThrowUnlessInterrupted("fdatasync", path);
    }

    public static void Sync(SafeFileHandle file, string path)
    {
        while (fsync(file) != 0) ThrowUnlessInterrupted("fsync", path);
    }

    /// <summary>Makes creations, renames and deletions in the folder durable.</summary>
    public static void SyncFolder(string path)
    {
        SafeFileHandle folder;
        while ((folder = open(path, ReadOnly, 0)).IsInvalid) ThrowUnlessInterrupted("open", path);
        using (folder) Sync(folder, path);
    }

    /// <summary>Reserves the room, so that a full disk shows now and not in the middle of a write.</summary>
    public static void Allocate(SafeFileHandle file, long length, string path)
    {
        int error;
        do error = posix_fallocate(file, 0, length);
        while (error == EINTR);
        // File systems without it: the zeros that are written next reserve the room.
        if (error is not (0 or EINVAL or EOPNOTSUPP)) throw ErrorOf("posix_fallocate", path, error);
    }

    /// <summary>Opens without the lock that .NET takes on every file it opens. The child processes do not inherit it.</summary>
    public static SafeFileHandle OpenUnlocked(string path)
    {
        SafeFileHandle file;
        while ((file = open(path, ReadWriteCreateCloseOnExec, OwnerWritesAllRead)).IsInvalid)
            ThrowUnlessInterrupted("open", path);
        return file;
    }

    /// <summary>False: another open file holds the lock. It ends with the process, however that ends.</summary>
    public static bool TryLock(SafeFileHandle file, string path)
    {
        while (flock(file, LockExclusiveNoWait) != 0)
        {
            if (Marshal.GetLastPInvokeError() == EWOULDBLOCK) return false;
            ThrowUnlessInterrupted("flock", path);
        }

        return true;
    }

    /// <summary>The same as an <see cref="IOException"/>, a <see cref="DiskFullException"/> when that is what it says.</summary>
    public static IOException Named(Exception e) => e switch
    {
        DiskFullException full => full,
        IOException { HResult: ENOSPC or EDQUOT } => new DiskFullException(e.Message, e),
        IOException other => other,
        _ => new IOException(e.Message, e),
    };

    /// <summary>What .NET throws when a call on a file fails.</summary>
    public static bool IsFileError(Exception e) => e is IOException or UnauthorizedAccessException;

    private static void ThrowUnlessInterrupted(string call, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        if (error != EINTR) throw ErrorOf(call, path, error);
    }

    private static IOException ErrorOf(string call, string path, int error)
    {
        var text = $"{call} {path}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})";
        return error is ENOSPC or EDQUOT ? new DiskFullException(text) : new IOException(text);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc")]
    private static partial int posix_fallocate(SafeFileHandle file, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags, int mode);
}
