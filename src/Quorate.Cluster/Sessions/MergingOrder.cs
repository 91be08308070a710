using Quorate.Cluster.Convergent;
using Quorate.Data.Commands;
using Quorate.Resp;

namespace Quorate.Cluster.Sessions;

/// <summary>What differs for a session's commands where the data merges: reads are handed on as writes are, because a replica
/// may have to ask others, and each must see the writes before it.</summary>
internal sealed class MergingOrder(ClientSession session, SlotQueue slots)
{
    private long _lastWrite = -1;

    /// <summary>Executed by the session itself once that is allowed.</summary>
    public bool IsRead(CommandSpec? spec) => spec is { Route: CommandRoute.Read } && session.Group.Merging is null;

    /// <summary>Goes to a replica, here or elsewhere.</summary>
    public bool IsHandedOn(CommandSpec? spec) => spec is { Route: CommandRoute.Write } || (spec is not null && session.Group.Merging is not null);

    /// <summary>A read whose answer might lack a write before it that is not answered yet.</summary>
    public bool MustWait(CommandSpec spec) =>
        spec.Route == CommandRoute.Read && _lastWrite >= slots.Head && session.Group.Merging is { ReadsFollowWrites: true };

    /// <summary>The command that the words name, if it can go its way from here; the others are answered by this node alone.</summary>
    public CommandSpec? Find(in CommandArgs args)
    {
        var command = QuorumWords.TakeOff(session.Group, args);
        return Node.FindIn(session.Group.Commands, command) is { } spec && spec.Name != QuorumWords.Name && session.IsExecutable(spec, command) ? spec : null;
    }

    public void OnHandedOn(long sequence, ref Slot slot, bool isRead)
    {
        slot.State = SlotState.Writing;
        slot.PathEpoch = session.Group.PathEpoch;
        slot.IsRead = isRead;
        slot.MayHaveHappened = !isRead && (session.Group.Merging?.Serves ?? session.Group.Replica.IsLeader);
        if (!slot.IsRead) _lastWrite = sequence;
    }

    /// <summary>Another keyspace is selected. Nothing is handed on past SELECT: what is queued has not begun, and may mean
    /// something else there.</summary>
    /// <returns>How many of them are barriers.</returns>
    public int Reconsider()
    {
        var barriers = 0;
        for (var s = slots.Head; s < slots.End; s++)
        {
            ref var slot = ref slots[s];
            if (slot is not { State: SlotState.Held, Command: { } command }) continue;
            slot.Spec = Find(command.Args);
            if (!IsRead(slot.Spec)) barriers++;
        }

        return barriers;
    }
}
