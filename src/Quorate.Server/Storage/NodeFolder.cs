using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Quorate.Cluster.Journal;
using Quorate.Replication;

namespace Quorate.Server.Storage;

/// <summary>
/// A node's data folder:
/// <code>
/// lock           held while the node runs; the pid inside
/// identity       whose folder it is: cluster, node
/// incarnation    how often it has been opened
/// journal-begun  there was a journal: an empty one means that it was lost
/// journal/       segments
/// snapshots/g1/  one folder a group
/// notes/         small things written down: the groups it holds, what fail-overs cut off
/// seat           of a node that joined: who it is, how it is started, and who else there was (see SeatFile)
/// </code>
/// One thread at a time.
/// </summary>
public sealed class NodeFolder : IDisposable
{
    private readonly FolderLock _lock;

    private NodeFolder(string path, FolderLock held, long incarnation) => (Root, _lock, Incarnation) = (path, held, incarnation);

    public string Root { get; }

    /// <summary>How often the folder has been opened, this time included: 1 and up, counted durably.</summary>
    public long Incarnation { get; }

    public string JournalFolder => Path.Combine(Root, "journal");

    public string SnapshotsFolder(GroupId group) =>
        Path.Combine(Root, "snapshots", string.Create(CultureInfo.InvariantCulture, $"g{group.Value}"));

    /// <summary>Opens the folder for that node; makes it if it is not there.</summary>
    /// <exception cref="IOException">In use by another process, another node's, damaged, or not writable; the text is for
    /// the operator.</exception>
    public static NodeFolder Open(string path, string cluster, string node)
    {
        if ((cluster + node).Contains('\n', StringComparison.Ordinal))
            throw new ArgumentException("Names have no line breaks.", nameof(node));
        path = Path.GetFullPath(path);
        FolderLock? held = null;
        try
        {
            Directory.CreateDirectory(path);
            Directory.CreateDirectory(Path.Combine(path, "journal"));
            Directory.CreateDirectory(Path.Combine(path, "snapshots"));
            held = FolderLock.Take(path);
            Posix.SyncFolder(path);
            CheckIdentity(path, cluster, node);
            var folder = new NodeFolder(path, held, CountIncarnation(path));
            held = null;
            return folder;
        }
        catch (UnauthorizedAccessException e)
        {
            throw Posix.Named(e);
        }
        finally
        {
            held?.Dispose();
        }
    }

    /// <summary>A salt for <see cref="JournalOptions.Salt"/>: it counts for a new journal only.</summary>
    public static ulong DrawSalt() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    /// <summary>Call with what opening the journal found. Not null: the journal must not be used, and why. A node that has
    /// voted and acknowledged must not come back with an empty memory under its old name.</summary>
    public string? Check(JournalRecovery recovery)
    {
        if (recovery.Refusal is not null) return recovery.Refusal;
        var path = Path.Combine(Root, "journal-begun");
        if (!recovery.IsNew)
        {
            if (!File.Exists(path)) WriteDurably(path, "1\n");
            return null;
        }

        return File.Exists(path)
            ? $"The journal in {JournalFolder} is empty, but this node had one: its files were deleted. Restore them, or "
                + $"remove the node from the cluster and add it again with an empty folder."
            : null;
    }

    /// <summary>What was written down under the name; empty when nothing was.</summary>
    /// <exception cref="IOException">It is there and cannot be read.</exception>
    public byte[] ReadNote(string name)
    {
        var path = Path.Combine(Root, "notes", name);
        return File.Exists(path) ? File.ReadAllBytes(path) : [];
    }

    /// <summary>Writes it down durably, in place of what was there; empty removes it.</summary>
    /// <exception cref="IOException">It could not be; what was there is still there.</exception>
    public void WriteNote(string name, ReadOnlySpan<byte> bytes)
    {
        var folder = Path.Combine(Root, "notes");
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            Posix.SyncFolder(Root);
        }

        var path = Path.Combine(folder, name);
        if (!bytes.IsEmpty)
        {
            WriteDurably(path, bytes);
            return;
        }

        File.Delete(path);
        Posix.SyncFolder(folder);
    }

    /// <summary>Deletes the snapshots of a group that is no more.</summary>
    public void ForgetGroup(GroupId group)
    {
        var folder = SnapshotsFolder(group);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    public void Dispose() => _lock.Dispose();

    private static void CheckIdentity(string path, string cluster, string node)
    {
        var file = Path.Combine(path, "identity");
        var wanted = $"quorate node folder 1\ncluster {cluster}\nnode {node}\n";
        if (!File.Exists(file))
        {
            if (Directory.EnumerateFileSystemEntries(Path.Combine(path, "journal")).Any())
                throw new IOException(
                    $"{path} has a journal but no file named identity, so this node cannot tell which node the journal "
                        + $"belongs to.");
            WriteDurably(file, wanted);
            return;
        }

        var found = File.ReadAllText(file);
        if (found == wanted) return;
        var whose = found.StartsWith("quorate node folder 1\n", StringComparison.Ordinal)
            ? string.Join(", ", found.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..])
            : "unreadable";
        throw new IOException($"{path} belongs to another node ({whose}), not to cluster {cluster}, node {node}.");
    }

    private static long CountIncarnation(string path)
    {
        var file = Path.Combine(path, "incarnation");
        var count = 0L;
        // Not there is fine before the first journal: the start before may have ended between identity and this.
        var isMissing = !File.Exists(file);
        var isDamaged = isMissing
            ? Directory.EnumerateFileSystemEntries(Path.Combine(path, "journal")).Any()
            : !long.TryParse(File.ReadAllText(file).TrimEnd('\n'), NumberStyles.None, CultureInfo.InvariantCulture, out count)
                || count < 1;
        if (isDamaged)
        {
            throw new IOException(
                $"{file} is damaged or missing: it must hold how often the node was started. Write a number there that is "
                    + $"certainly greater.");
        }

        WriteDurably(file, string.Create(CultureInfo.InvariantCulture, $"{++count}\n"));
        return count;
    }

    /// <summary>The old content or the new, whatever happens, and the new when this returns.</summary>
    internal static void WriteDurably(string path, string text) => WriteDurably(path, Encoding.UTF8.GetBytes(text));

    private static void WriteDurably(string path, ReadOnlySpan<byte> bytes)
    {
        var unfinished = path + ".new";
        using (var file = File.OpenHandle(unfinished, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(file, bytes, 0);
            Posix.Sync(file, unfinished);
        }

        File.Move(unfinished, path, overwrite: true);
        Posix.SyncFolder(Path.GetDirectoryName(path)!);
    }
}
