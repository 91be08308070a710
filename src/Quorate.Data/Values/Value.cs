using System.Buffers;
using Quorate.Data.Store;
using Quorate.Replication;

namespace Quorate.Data.Values;

/// <summary>
/// A value with a structure of its own, for what is too big to be a few bytes beside its key. Commands of its type change
/// elements of it after <see cref="IKeyStore.Change"/> has announced that. Nothing here may take time in proportion to the
/// value but <see cref="Digest"/> and the pieces together. Not safe for use by several threads.
/// </summary>
public abstract class Value
{
    private ByteCount? _count;

    /// <summary>Bytes of memory, about, kept up by <see cref="Grow"/>; the key is not in it.</summary>
    public long Bytes { get; private set; }

    /// <summary>Deltas since an entry before this one are not known: by this entry the key got the value.</summary>
    public LogIndex Since { get; private set; }

    /// <summary>The key as the table keeps it; null while the value is in no table.</summary>
    internal byte[]? KeyBlob { get; private set; }

    /// <summary>A value with the same contents, so cheap that a turn can make one of any size: both share what they hold, and
    /// each copies the part that it changes before it changes it. Snapshots read a fork, and COPY puts one under the other
    /// key. Knows of no changes: its deltas begin where it is put.</summary>
    public abstract Value Fork();

    /// <summary>Reads the contents as they are now. The value must not change meanwhile: fork it before.</summary>
    public abstract PieceReader Read();

    /// <summary>A hash of the contents, the same for the same contents, however they came about; takes time in proportion to
    /// them. Made from what is kept, not from sums kept beside it: it finds memory that went bad.</summary>
    public abstract ulong Digest();

    /// <summary>
    /// Writes what became of the elements that were changed by entries after <paramref name="since"/>, such that it leads the
    /// value as it was after any entry from <paramref name="since"/> to now to what it is now: it says what is, not what was
    /// done. False: that is not known any more, or not worth it, and the whole value goes; what was written is of no use.
    /// </summary>
    /// <param name="since">not before <see cref="Since"/></param>
    /// <param name="output">gets the delta</param>
    public virtual bool TryWriteDelta(LogIndex since, IBufferWriter<byte> output) => false;

    /// <summary>The memory that the value takes became more, or less.</summary>
    protected void Grow(long bytes)
    {
        Bytes += bytes;
        if (_count is not null) _count.Bytes += bytes;
    }

    internal void Attach(byte[] keyBlob, ByteCount count, LogIndex since)
    {
        Invariant.Require(KeyBlob is null, "a value is under one key");
        (KeyBlob, _count, Since) = (keyBlob, count, since);
        count.Bytes += Bytes;
    }

    internal void Detach()
    {
        if (_count is not null) _count.Bytes -= Bytes;
        (KeyBlob, _count) = (null, null);
    }
}
