using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Quorate.Replication;

namespace Quorate.Server.Storage;

/// <summary>
/// Writes one snapshot to an unfinished file that gets its name when all of it is durable. The caller's side copies
/// pieces into a queue; the storage thread frames and writes them.
/// </summary>
internal sealed class SnapshotFileWriter : ISnapshotWriter
{
    /// <summary>Above this many bytes in the queue the writer is not ready.</summary>
    public const int QueueBound = 4 << 20;

    // In portions: one write-back of a whole snapshot would hold up the commits that share the disk.
    private const int BytesBetweenSyncs = 1 << 20;

    private readonly FileSnapshots _owner;
    private readonly BackgroundThread _thread;
    private readonly SnapshotHeader _header;
    private readonly string _path;
    private long _queued;
    private bool _isDone; // caller's side

    // The storage thread's.
    private readonly List<long> _offsets = [];
    private SafeFileHandle? _file;
    private long _offset;
    private long _synced;
    private uint _total = 0xFFFF_FFFF;
    private string? _error;

    public SnapshotFileWriter(FileSnapshots owner, BackgroundThread thread, SnapshotHeader header, string path)
    {
        // The header outlives the call.
        (_owner, _thread, _path) = (owner, thread, path);
        _header = header with { Extra = header.Extra.ToArray() };
        _thread.Post(() => Try(Begin));
    }

    public bool IsReady => Volatile.Read(ref _queued) < QueueBound;

    public void Append(ReadOnlySpan<byte> piece)
    {
        Invariant.Require(!_isDone, "a snapshot takes no pieces after Seal or Dispose");
        var length = piece.Length;
        var buffer = ArrayPool<byte>.Shared.Rent(SnapshotFormat.PieceHeader + length);
        piece.CopyTo(buffer.AsSpan(SnapshotFormat.PieceHeader));
        Interlocked.Add(ref _queued, length);
        _thread.Post(() =>
        {
            Try(() => WritePiece(buffer, length));
            ArrayPool<byte>.Shared.Return(buffer);
            Interlocked.Add(ref _queued, -length);
        });
    }

    public void Seal()
    {
        Invariant.Require(!_isDone, "a snapshot is sealed once");
        _isDone = true;
        _thread.Post(() =>
        {
            Try(Finish);
            Close();
            if (_error is null)
            {
                _owner.OnSealed(_header, _path);
                return;
            }

            Delete();
            _owner.OnFailed(_header, _error);
        });
    }

    /// <summary>Before <see cref="Seal"/>: drops the snapshot; nobody hears of it. After it: nothing.</summary>
    public void Dispose()
    {
        if (_isDone) return;
        _isDone = true;
        _thread.Post(() =>
        {
            Close();
            Delete();
        });
    }

    private void Begin()
    {
        _file = File.OpenHandle(_path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        Put(SnapshotFormat.EncodeHeader(_header));
    }

    private void WritePiece(byte[] buffer, int length)
    {
        var whole = buffer.AsSpan(0, SnapshotFormat.PieceHeader + length);
        BinaryPrimitives.WriteInt32LittleEndian(whole, length);
        BinaryPrimitives.WriteUInt32LittleEndian(
            whole[4..], SnapshotFormat.PieceChecksum(_header, _offsets.Count, whole[SnapshotFormat.PieceHeader..]));
        _total = Crc32C.Update(_total, whole[..SnapshotFormat.PieceHeader]);
        _offsets.Add(_offset);
        Put(whole);
        if (_offset - _synced < BytesBetweenSyncs) return;
        Posix.SyncData(_file!, _path);
        _synced = _offset;
    }

    private void Finish()
    {
        Put(SnapshotFormat.EncodeEnd(_offset, _offsets, ~_total));
        Posix.Sync(_file!, _path);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file!, bytes, _offset);
        _offset += bytes.Length;
    }

    private void Try(Action step)
    {
        if (_error is not null) return;
        try
        {
            step();
        }
        catch (Exception e) when (Posix.IsFileError(e))
        {
            _error = e.Message;
        }
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    private void Delete() => FileSnapshots.TryDelete(_path);
}
