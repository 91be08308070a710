using Microsoft.Win32.SafeHandles;
using Quorate.Cluster.Journal;

namespace Quorate.Server.Storage;

/// <summary>The journal's files in a folder of a POSIX file system. Any thread; calls on one file follow one another.</summary>
public sealed class PosixFiles : IJournalFiles, IDisposable
{
    private const int ZeroChunk = 1 << 20;

    // Zeros go out in portions with pauses, or their write-back would hold up the commits that share the disk: by 40 ms
    // each when they were 8 MiB. Whoever fills a segment takes longer than all the pauses for the next one.
    private const int PauseMilliseconds = 5;
    private readonly string _folder;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SafeFileHandle> _handles = [];

    /// <param name="folder">Created if it is not there. Whoever calls holds the lock on it (<see cref="FolderLock"/>).</param>
    public PosixFiles(string folder)
    {
        _folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(_folder);
    }

    public IReadOnlyList<string> List()
    {
        var names = new List<string>();
        foreach (var path in Directory.EnumerateFiles(_folder)) names.Add(Path.GetFileName(path));
        return names;
    }

    public void Create(string name, long length, bool isBeside = false)
    {
        Close(name);
        var path = PathOf(name);
        try
        {
            using var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            Posix.Allocate(file, length, path);
            var zeros = new byte[Math.Min(length, ZeroChunk)];
            for (var offset = 0L; offset < length;)
            {
                var count = (int)Math.Min(zeros.Length, length - offset);
                RandomAccess.Write(file, zeros.AsSpan(0, count), offset);
                offset += count;
                if (!isBeside || offset == length) continue;
                Posix.SyncData(file, path);
                Thread.Sleep(PauseMilliseconds);
            }

            Posix.Sync(file, path);
        }
        catch (Exception e) when (Posix.IsFileError(e))
        {
            TryDelete(path);
            throw Posix.Named(e);
        }
    }

    public long Length(string name) => RandomAccess.GetLength(Handle(name));

    public int Read(string name, long offset, Span<byte> buffer)
    {
        var file = Handle(name);
        var total = 0;
        while (total < buffer.Length)
        {
            var count = RandomAccess.Read(file, buffer[total..], offset + total);
            if (count == 0) break;
            total += count;
        }

        return total;
    }

    public void Write(string name, long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(Handle(name), bytes, offset);
        }
        catch (Exception e) when (Posix.IsFileError(e))
        {
            throw Posix.Named(e);
        }
    }

    public void Sync(string name) => Posix.SyncData(Handle(name), name);

    public void Delete(string name)
    {
        Close(name);
        Try(PathOf(name), static path => File.Delete(path));
    }

    public void Rename(string from, string to)
    {
        Close(from);
        Close(to);
        Try(PathOf(from), path => File.Move(path, PathOf(to), overwrite: true));
    }

    public void SyncDirectory() => Posix.SyncFolder(_folder);

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var handle in _handles.Values) handle.Dispose();
            _handles.Clear();
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (Posix.IsFileError(e))
        {
            // The error that led here is the one to tell; recovery deletes what is left.
        }
    }

    // Missing rights are an error of the disk to the journal, which knows no other kind.
    private static void Try(string path, Action<string> call)
    {
        try
        {
            call(path);
        }
        catch (Exception e) when (Posix.IsFileError(e))
        {
            throw Posix.Named(e);
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    private SafeFileHandle Handle(string name)
    {
        lock (_lock) return _handles.TryGetValue(name, out var handle) ? handle : Open(name);
    }

    // Apart from the look-up, which must not allocate the closure.
    private SafeFileHandle Open(string name)
    {
        SafeFileHandle? handle = null;
        Try(PathOf(name), path =>
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
        _handles.Add(name, handle!);
        return handle!;
    }

    private void Close(string name)
    {
        lock (_lock)
        {
            if (_handles.Remove(name, out var handle)) handle.Dispose();
        }
    }
}
