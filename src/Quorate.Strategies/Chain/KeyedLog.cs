using System.Buffers.Binary;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>
/// The way to change a chain's log. The payload of each entry begins with the hash of the one key that its command is about, 0
/// when it is about several or the entry is no command; the head writes it, because a replica that answers reads must know which
/// keys have unfinished writes before it executes them. What is in the log and not applied is counted in
/// <see cref="DirtyKeys"/>; whoever changed the log otherwise would leave keys dirty for ever.
/// </summary>
internal sealed class KeyedLog(FrameLog<Epoch> log, DirtyKeys dirty)
{
    /// <summary>The command begins after so many bytes of the payload.</summary>
    public const int KeyHashBytes = sizeof(ulong);

    private const EntryKinds Kinds = EntryKinds.Command | EntryKinds.NoOp;

    /// <summary>Of the one key the entry's command is about; 0 when it is about several.</summary>
    public static ulong KeyHashOf(ReadOnlySpan<byte> payload) => BinaryPrimitives.ReadUInt64LittleEndian(payload);

    /// <summary>See <see cref="EntryFrame.AreWellFormed"/>; and each payload begins with a hash.</summary>
    public static bool AreWellFormed(ReadOnlySpan<byte> frames, Epoch previous, Epoch highest)
    {
        if (!EntryFrame.AreWellFormed(frames, previous, highest, Kinds)) return false;
        for (; !frames.IsEmpty; frames = frames[EntryFrame.LengthOf(frames)..])
            if (EntryFrame.PayloadOf(frames).Length < KeyHashBytes) return false;
        return true;
    }

    public LogIndex Append(Epoch epoch, EntryKind kind, ulong keyHash, ReadOnlySpan<byte> command)
    {
        Span<byte> hash = stackalloc byte[KeyHashBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(hash, keyHash);
        dirty.Add(kind, keyHash);
        return log.Append(epoch, kind, hash, command);
    }

    /// <summary>Appends well-formed frames as they are.</summary>
    public void AppendFrames(ReadOnlySpan<byte> frames)
    {
        for (var rest = frames; !rest.IsEmpty; rest = rest[EntryFrame.LengthOf(rest)..])
            dirty.Add(EntryFrame.KindOf(rest), KeyHashOf(EntryFrame.PayloadOf(rest)));
        log.AppendFrames(frames);
    }

    /// <summary>Removes the entries from <paramref name="from"/> on, of which none is applied.</summary>
    public void TruncateFrom(LogIndex from)
    {
        Clean(from, log.LastIndex);
        log.TruncateFrom(from);
    }

    /// <summary>The entry is about to be applied: its key is clean again, as far as it goes.</summary>
    public void OnApplying(in EntryView<Epoch> entry) => dirty.Remove(entry.Kind, KeyHashOf(entry.Payload));

    /// <summary>The entry that was about to be applied is not finished: its key is as it was before.</summary>
    public void OnSuspended(in EntryView<Epoch> entry) => dirty.Add(entry.Kind, KeyHashOf(entry.Payload));

    /// <summary>Forgets the entries up to <paramref name="index"/>, of which those after <paramref name="applied"/> never will be
    /// applied.</summary>
    public void DropThrough(LogIndex index, LogIndex applied)
    {
        Clean(applied.Next, index);
        log.DropThrough(index);
    }

    /// <summary>Forgets everything; the log now begins after <paramref name="index"/>, whose epoch is
    /// <paramref name="epoch"/>.</summary>
    public void Reset(LogIndex index, Epoch epoch, LogIndex applied)
    {
        Clean(applied.Next, log.LastIndex);
        log.Reset(index, epoch);
    }

    public void CheckInvariants(LogIndex applied)
    {
        Invariant.Require(dirty.Total <= log.LastIndex - applied, "only what is not applied is dirty");
        log.CheckInvariants();
    }

    private void Clean(LogIndex from, LogIndex last)
    {
        for (var index = LogIndex.Max(from, log.FirstIndex); index <= last; index = index.Next) OnApplying(log[index]);
    }
}
