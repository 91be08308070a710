using Quorate.Cluster.Reads;
using Quorate.Data.Commands;

namespace Quorate.Cluster.Sessions;

internal enum SlotState : byte
{
    /// <summary>Taken, not begun: something before it must end first.</summary>
    Held,

    /// <summary>A write handed to the leader (this node or another).</summary>
    Writing,

    /// <summary>A read that waits for leave to read.</summary>
    Reading,

    /// <summary>Answered; the reply waits for those before it.</summary>
    Done,
}

/// <summary>One command of a client between being taken and being answered.</summary>
internal struct Slot
{
    public SlotState State;

    /// <summary>Null for a write that has been handed on: nothing needs its words any more.</summary>
    public HeldCommand? Command;

    /// <summary>Null for a command that this node answers itself.</summary>
    public CommandSpec? Spec;

    /// <summary>The reply, once <see cref="SlotState.Done"/> and not yet at the head.</summary>
    public byte[]? Reply;

    /// <summary>When it was taken; decides when to give up.</summary>
    public long SinceNanoseconds;

    /// <summary>For a write: which way it went (see <see cref="Group.PathEpoch"/>).</summary>
    public int PathEpoch;

    /// <summary>True when it can't be said any more whether the command took effect.</summary>
    public bool MayHaveHappened;

    /// <summary>A read that was handed on as writes are: the group's data merges.</summary>
    public bool IsRead;

    /// <summary>Of a read: what it may return.</summary>
    public ReadRule Rule;

    /// <summary>The client does not want the reply (CLIENT REPLY).</summary>
    public bool IsSilent;
}
