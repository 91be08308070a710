using Quorate.Cluster.Groups;
using Quorate.Replication;

namespace Quorate.Cluster.Sessions;

/// <summary>The unanswered commands of one client, in order: a ring addressed by sequence numbers that never repeat.</summary>
internal sealed class SlotQueue
{
    private SessionSlot[] _slots = new SessionSlot[16];

    public long Head { get; private set; }

    public long End { get; private set; }

    public int Count => (int)(End - Head);

    public ref SessionSlot this[long sequence]
    {
        get
        {
            Invariant.Require(sequence >= Head && sequence < End, "a slot is addressed only while it is unanswered");
            return ref _slots[sequence & (_slots.Length - 1)];
        }
    }

    public bool Contains(long sequence) => sequence >= Head && sequence < End;

    /// <summary>A write may be handed on behind unanswered ones that went the same way, to the same group, with only reads held
    /// between. A held read is answered the moment the write before it is applied, so later writes may be on their way; where it
    /// has to be asked for first, a later write could be applied meanwhile, and be seen.</summary>
    public bool MayWriteBehind(Group group, StepTime now)
    {
        for (var s = End - 1; s >= Head; s--)
        {
            ref var slot = ref this[s];
            if (slot.State == SlotState.Reading || (slot.State == SlotState.Held && slot.Group?.ReadsKeepUp(now) != true))
                return false;
            if (slot.State == SlotState.Writing) return slot.Group == group && slot.PathEpoch == group.PathEpoch;
        }

        return true;
    }

    public long Push(in SessionSlot slot)
    {
        if (Count == _slots.Length) Grow();
        _slots[End & (_slots.Length - 1)] = slot;
        return End++;
    }

    /// <summary>A slot before all others; theirs move up by one, so nobody else may know them by their numbers.</summary>
    public void PushFront(in SessionSlot slot)
    {
        Push(slot);
        for (var s = End - 1; s > Head; s--) this[s] = this[s - 1];
        this[Head] = slot;
    }

    public void Pop()
    {
        _slots[Head & (_slots.Length - 1)] = default;
        Head++;
    }

    private void Grow()
    {
        var bigger = new SessionSlot[_slots.Length * 2];
        for (var s = Head; s < End; s++) bigger[s & (bigger.Length - 1)] = _slots[s & (_slots.Length - 1)];
        _slots = bigger;
    }
}
