using System.Globalization;
using Quorate.Replication;

namespace Quorate.Server.Storage;

/// <summary>What is called when a sealed snapshot is durable (or could not be written).</summary>
public delegate void SnapshotSealed(GroupId group, LogIndex index, bool saved);

/// <summary>
/// One group's snapshots in a folder: the newest two are kept, the older one in case the newer proves damaged. Calls
/// from one thread at a time (under the node's lock); writing happens on the storage thread.
/// </summary>
public sealed class FileSnapshots : ISnapshots, IDisposable
{
    private const int Kept = 2;
    private readonly string _folder;
    private readonly GroupId _group;
    private readonly BackgroundThread _thread;
    private readonly SnapshotSealed _sealed;
    private readonly Action<string> _log;
    private readonly Lock _lock = new();
    private readonly List<string> _names; // ascending by index and term; guarded by _lock
    private SnapshotFileWriter? _writer;
    private long _serial;

    /// <param name="folder">The group's own; created if it is not there. Unfinished snapshots in it are deleted.</param>
    /// <param name="thread">Shared by all groups of the node.</param>
    /// <param name="onSealed">Called on the storage thread, without any lock.</param>
    /// <param name="log">Told of damaged files and failed writing, by name; any thread.</param>
    public FileSnapshots(string folder, GroupId group, BackgroundThread thread, SnapshotSealed onSealed, Action<string> log)
    {
        (_folder, _group, _thread, _sealed, _log) = (Path.GetFullPath(folder), group, thread, onSealed, log);
        Directory.CreateDirectory(_folder);
        Posix.SyncFolder(Path.GetDirectoryName(_folder)!);
        _names = [];
        foreach (var path in Directory.EnumerateFiles(_folder))
        {
            if (path.EndsWith(SnapshotFormat.Unfinished, StringComparison.Ordinal)) TryDelete(path);
            else if (path.EndsWith(SnapshotFormat.Suffix, StringComparison.Ordinal)) _names.Add(Path.GetFileName(path));
        }

        // Numbers of fixed width: the order of names is the order of snapshots.
        _names.Sort(StringComparer.Ordinal);
    }

    public ISnapshotWriter Create(SnapshotHeader header)
    {
        _writer?.Dispose();
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{SnapshotFormat.NameOf(header)}.{++_serial}{SnapshotFormat.Unfinished}");
        return _writer = new SnapshotFileWriter(this, _thread, header, Path.Combine(_folder, name));
    }

    public ISnapshotReader? OpenNewest()
    {
        string[] names;
        lock (_lock) names = [.. _names];
        for (var i = names.Length - 1; i >= 0; i--)
        {
            var path = Path.Combine(_folder, names[i]);
            if (SnapshotFileReader.Open(path, out var why) is { } reader) return reader;
            _log($"Snapshot {path} of {_group} cannot be used: {why}. "
                + $"{(i > 0 ? "The one before it is taken." : "There is none before it.")}");
        }

        return null;
    }

    /// <summary>Drops an unfinished snapshot.</summary>
    public void Dispose() => _writer?.Dispose();

    /// <summary>On the storage thread: the content is durable, now the name.</summary>
    internal void OnSealed(SnapshotHeader header, string path)
    {
        var name = SnapshotFormat.NameOf(header);
        try
        {
            File.Move(path, Path.Combine(_folder, name), overwrite: true);
            Posix.SyncFolder(_folder);
        }
        catch (Exception e) when (Posix.IsFileError(e))
        {
            TryDelete(path);
            OnFailed(header, e.Message);
            return;
        }

        List<string> old;
        lock (_lock)
        {
            if (!_names.Contains(name)) _names.Add(name);
            _names.Sort(StringComparer.Ordinal);
            old = _names[..Math.Max(0, _names.Count - Kept)];
            _names.RemoveRange(0, old.Count);
        }

        foreach (var unneeded in old) TryDelete(Path.Combine(_folder, unneeded));
        _sealed(_group, header.Index, true);
    }

    internal void OnFailed(SnapshotHeader header, string why)
    {
        _log($"Snapshot {header.Index} of {_group} in {_folder} could not be written: {why}");
        _sealed(_group, header.Index, false);
    }

    internal static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (Posix.IsFileError(e))
        {
            // What stays takes room and nothing else; the next start tries again.
        }
    }
}
