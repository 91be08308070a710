using Quorate.Cluster.Groups;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Sessions;

/// <summary>The commands of one session that replicas are handed: writes, and the reads that go as writes do. They are handed on
/// in order, one after another without waiting, as long as they go the same way to the same group.</summary>
internal sealed class SessionWrites(ClientSession session, SlotQueue slots)
{
    private long _lastWrite = -1;

    private ISessionNode Node => session.Node;

    public void Take(Group group, CommandSpec spec, in CommandArgs args, StepTime now)
    {
        var isSilent = session.State.BeginCommand(spec.Name, now);
        if (session.HasBarrier || MustWait(spec, group) || Node.Pause.HoldsWrites(now) || !slots.MayWriteBehind(group, now))
        {
            session.Hold(new SessionSlot { Way = CommandWay.HandOn, Spec = spec, Group = group, IsSilent = isSilent }, args, now);
            return;
        }

        var slot = slots.Push(
            new SessionSlot { Way = CommandWay.HandOn, Spec = spec, SinceNanoseconds = now.Nanoseconds, IsSilent = isSilent });
        OnHandedOn(slot, ref slots[slot], group, spec);
        group.Take(session.Replies, slot, session.Selected.Database, spec, args, now);
    }

    /// <summary>Hands on held commands that now follow only those that went the same way, to the same group, and reads.</summary>
    public void HandOnHeld()
    {
        if (!session.HasBarrier || Node.Pause.HoldsWrites(Node.Now)) return;
        Group? handedTo = null;
        for (var s = slots.Head; s < slots.End; s++)
        {
            ref var slot = ref slots[s];
            if (slot.State == SlotState.Reading) return;
            if (slot.State == SlotState.Writing && slot.PathEpoch != slot.Group!.PathEpoch) return;
            if (slot.State == SlotState.Writing) handedTo = slot.Group;
            if (slot.State != SlotState.Held) continue;
            if (slot.Way == CommandWay.Read)
            {
                if (slot.Group!.ReadsKeepUp(Node.Now)) continue;
                return;
            }

            if (slot.Way != CommandWay.HandOn || MustWait(slot.Spec!, slot.Group!) || Node.Refusal is not null) return;
            if (handedTo is not null && handedTo != slot.Group) return;
            handedTo = slot.Group;
            HandOn(ref slot, s);
        }
    }

    /// <summary>Hands on one command that was held.</summary>
    public void HandOn(ref SessionSlot slot, long sequence)
    {
        var (command, group, spec) = (slot.Command!, slot.Group!, slot.Spec!);
        slot.Command = null;
        OnHandedOn(sequence, ref slot, group, spec);
        session.OnBarrierGone();
        group.Take(session.Replies, sequence, session.Selected.Database, spec, command.Args, Node.Now);
        session.Recycle(command);
    }

    /// <summary>A read whose answer might lack a write before it that is not answered yet.</summary>
    private bool MustWait(CommandSpec spec, Group group) =>
        spec.Route == CommandRoute.Read && _lastWrite >= slots.Head && group.ReadsFollowWrites;

    private void OnHandedOn(long sequence, ref SessionSlot slot, Group group, CommandSpec spec)
    {
        slot.State = SlotState.Writing;
        slot.Group = group;
        slot.PathEpoch = group.PathEpoch;
        slot.IsRead = spec.Route == CommandRoute.Read;
        slot.MayHaveHappened = !slot.IsRead && group.Replica.IsLeader;
        if (!slot.IsRead) _lastWrite = sequence;
    }
}
