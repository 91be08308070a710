using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Quorate.Replication;

namespace Quorate.Server.Storage;

/// <summary>A sealed snapshot. Stays readable when its file is deleted meanwhile.</summary>
internal sealed class SnapshotFileReader : ISnapshotReader
{
    private readonly SafeFileHandle _file;
    private readonly long[] _offsets;
    private readonly long _end;

    private SnapshotFileReader(SafeFileHandle file, SnapshotHeader header, long[] offsets, long end) =>
        (_file, Header, _offsets, _end) = (file, header, offsets, end);

    public SnapshotHeader Header { get; }

    public int PieceCount => _offsets.Length;

    /// <summary>Checks header, footer and the headers of all pieces; the pieces themselves are checked as they are
    /// read.</summary>
    /// <returns>Null when the file is damaged: <paramref name="why"/> says how.</returns>
    public static SnapshotFileReader? Open(string path, out string why)
    {
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var reader = Read(file, out why);
            if (reader is not null) file = null; // the reader's from now on
            return reader;
        }
        catch (Exception e) when (Posix.IsFileError(e))
        {
            why = e.Message;
            return null;
        }
        finally
        {
            file?.Dispose();
        }
    }

    public bool TryRead(int piece, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if ((uint)piece >= (uint)_offsets.Length) return false;
        var start = _offsets[piece] + SnapshotFormat.PieceHeader;
        var length = (piece + 1 < _offsets.Length ? _offsets[piece + 1] : _end) - start;
        try
        {
            var whole = new byte[length + SnapshotFormat.PieceHeader];
            if (!TryFill(_file, whole, start - SnapshotFormat.PieceHeader)) return false;
            if (BinaryPrimitives.ReadUInt32LittleEndian(whole) != length) return false;
            var content = whole.AsMemory(SnapshotFormat.PieceHeader);
            if (BinaryPrimitives
                .ReadUInt32LittleEndian(whole.AsSpan(4)) != SnapshotFormat.PieceChecksum(Header, piece, content.Span))
                return false;
            bytes = content;
            return true;
        }
        catch (Exception e) when (Posix.IsFileError(e) || e is ObjectDisposedException)
        {
            return false;
        }
    }

    public void Dispose() => _file.Dispose();

    private static SnapshotFileReader? Read(SafeFileHandle file, out string why)
    {
        why = "the header is damaged";
        var length = RandomAccess.GetLength(file);
        var start = new byte[SnapshotFormat.HeaderLength];
        if (length < start.Length + SnapshotFormat.TrailerLength || !TryFill(file, start, 0)) return null;
        var extra = SnapshotFormat.ExtraLength(start);
        if (extra < 0 || extra > length - start.Length) return null;
        var whole = new byte[start.Length + extra];
        if (!TryFill(file, whole, 0) || !SnapshotFormat.TryDecodeHeader(whole, out var header)) return null;

        why = "the end is damaged";
        var trailer = new byte[SnapshotFormat.TrailerLength];
        if (!TryFill(file, trailer, length - trailer.Length)) return null;
        if (!SnapshotFormat.TryDecodeTrailer(trailer, length, out var footer, out var pieces)) return null;
        var end = new byte[length - footer];
        if (!TryFill(file, end, footer) || !SnapshotFormat.TryDecodeEnd(end, pieces, out var offsets, out var total)) return null;

        why = "a piece is damaged";
        if (pieces == 0 ? footer != whole.Length : offsets[0] != whole.Length) return null;
        var state = 0xFFFF_FFFF;
        var piece = new byte[SnapshotFormat.PieceHeader];
        for (var i = 0; i < pieces; i++)
        {
            var next = i + 1 < pieces ? offsets[i + 1] : footer;
            if (next - offsets[i] is < SnapshotFormat.PieceHeader or > int.MaxValue) return null;
            if (!TryFill(file, piece, offsets[i])) return null;
            if (BinaryPrimitives.ReadUInt32LittleEndian(piece) != next - offsets[i] - SnapshotFormat.PieceHeader) return null;
            state = Crc32C.Update(state, piece);
        }

        if (~state != total) return null;
        why = "";
        return new SnapshotFileReader(file, header!, offsets, footer);
    }

    private static bool TryFill(SafeFileHandle file, byte[] bytes, long offset)
    {
        for (var done = 0; done < bytes.Length;)
        {
            var count = RandomAccess.Read(file, bytes.AsSpan(done), offset + done);
            if (count == 0) return false;
            done += count;
        }

        return true;
    }
}
