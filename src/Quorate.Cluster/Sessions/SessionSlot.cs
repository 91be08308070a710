using Quorate.Cluster.Groups;
using Quorate.Cluster.Reads;
using Quorate.Data.Commands;

namespace Quorate.Cluster.Sessions;

internal enum SlotState : byte
{
    /// <summary>Taken, not begun: something before it must end first.</summary>
    Held,

    /// <summary>Handed to a replica (on this node or another).</summary>
    Writing,

    /// <summary>A read that waits for leave to read.</summary>
    Reading,

    /// <summary>Answered; the reply waits for those before it.</summary>
    Done,
}

/// <summary>Where a command goes.</summary>
internal enum CommandWay : byte
{
    /// <summary>This node answers it alone: its own commands, and the errors of those that go nowhere.</summary>
    Alone,

    /// <summary>A read that the session executes, here or on another replica, once its rule allows that.</summary>
    Read,

    /// <summary>Handed to a replica of its group.</summary>
    HandOn,
}

/// <summary>One command of a client between being taken and being answered.</summary>
internal struct SessionSlot
{
    public SlotState State;

    public CommandWay Way;

    /// <summary>Null for one that has been handed on: nothing needs its words any more.</summary>
    public HeldCommand? Command;

    /// <summary>Null for a command that this node answers itself.</summary>
    public CommandSpec? Spec;

    /// <summary>The group that holds its keys; null for a command that this node answers itself.</summary>
    public Group? Group;

    /// <summary>The reply, once <see cref="SlotState.Done"/> and not yet at the head.</summary>
    public byte[]? Reply;

    /// <summary>When it was taken; decides when to give up.</summary>
    public long SinceNanoseconds;

    /// <summary>Of what was handed on: which way it went (see <see cref="Group.PathEpoch"/>).</summary>
    public int PathEpoch;

    /// <summary>True when it can't be said any more whether the command took effect.</summary>
    public bool MayHaveHappened;

    /// <summary>A read that was handed on as writes are.</summary>
    public bool IsRead;

    /// <summary>Of a read: what it may return.</summary>
    public ReadRule Rule;

    /// <summary>The client does not want the reply (CLIENT REPLY).</summary>
    public bool IsSilent;
}
