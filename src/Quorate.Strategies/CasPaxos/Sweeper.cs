namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// Walks over the acceptor's registers, some each tick, and looks for what no replica needs: promises without a value are
/// forgotten here and now, tombstones are collected, values whose time is over are removed. Of a key's acceptors the first does
/// it, the others later, if it has not been done.
/// </summary>
internal sealed class Sweeper(CasPaxosReplica replica)
{
    private int _slot;

    public void OnTick()
    {
        if (!replica.IsVoting || !replica.IsProposing) return;
        var store = replica.Acceptor.Store;
        var left = Math.Min(replica.Options.SweptPerTick, store.SlotCount);
        for (; left > 0; left--)
        {
            if (_slot >= store.SlotCount) _slot = 0;
            if (store.SlotAt(_slot++) is { } register) Look(register);
        }
    }

    private void Look(Register register)
    {
        var idle = replica.Ticks - register.TouchedTick;
        var patience = replica.Options.CollectTicks;
        if (register.Accepted.IsNone)
        {
            if (idle >= patience) replica.Acceptor.Forget(register);
            return;
        }

        var isTombstone = Versioned.IsTombstone(register.Value);
        if (!isTombstone && !replica.Machine.IsDue(Versioned.StateOf(register.Value), replica.Now)) return;
        var rank = Array.IndexOf(replica.Accepted.Acceptors!.Of(register.Hash), replica.Self);
        if (rank < 0 || idle < (isTombstone ? patience * (rank + 1L) : (long)patience * rank)) return;
        var isBegun = isTombstone ? replica.Proposer.TryCollect(register.Key) : replica.Proposer.TryExpire(register.Key);
        if (isBegun) register.TouchedTick = replica.Ticks;
    }
}
