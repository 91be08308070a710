using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>
/// Takes in deltas of others in an order that respects causality: one that came before the one its maker made before it, or
/// before what its maker had seen, is held back, within a bound; beyond it is dropped, not confirmed, and so comes again.
/// <para>Why that is needed although every object carries its context: contexts make the outcome right for each key, in any
/// order. That a reader never sees the answer without the question, which is under another key, no object can know.</para>
/// </summary>
internal sealed class Arrivals(MultiLeaderReplica replica)
{
    private readonly DotContext _dependencies = new();
    private readonly List<Held> _held = [];

    private record struct Held(DotRun Run, byte[] Frame, bool IsRefused);

    public int HeldCount => _held.Count;

    public int HeldBytes { get; private set; }

    /// <summary>Nodes whose stamps are too far ahead at present.</summary>
    public bool Refuses(NodeId origin)
    {
        foreach (var held in _held) if (held.IsRefused && held.Run.Node == origin) return true;
        return false;
    }

    public void Take(Peer from, ReadOnlySpan<byte> frames)
    {
        var isNew = false;
        var foreseen = 0;
        while (Frame.TryRead(ref frames, out var frame))
        {
            if (--foreseen < 0) foreseen = Foresee(frame, frames);
            // What it sends it has durably: it need not be sent it back.
            from.Acked.Add(frame.Run);
            isNew |= Take(frame);
        }

        if (isNew && _held.Count > 0) DeliverHeld(retryRefused: false);
    }

    /// <summary>Tells the machine which deltas come next; how many, beside the first.</summary>
    private int Foresee(in Frame first, ReadOnlySpan<byte> others)
    {
        var count = 0;
        replica.Machine.Foresee(first.Delta);
        while (count < IStateMachine.ForesightWindow - 1 && Frame.TryRead(ref others, out var next))
        {
            replica.Machine.Foresee(next.Delta);
            count++;
        }

        return count;
    }

    /// <summary>Arrivals that were held may be in order now.</summary>
    public void DeliverHeld(bool retryRefused)
    {
        bool isNew;
        do
        {
            isNew = false;
            var kept = 0;
            for (var i = 0; i < _held.Count; i++)
            {
                var held = _held[i];
                ReadOnlySpan<byte> bytes = held.Frame;
                Invariant.Require(Frame.TryRead(ref bytes, out var frame), "an arrival that is held was readable when it came");
                var kind = held.IsRefused && !retryRefused ? MergeKind.TooFarAhead : Deliver(frame, isHeld: true);
                if (kind is null or MergeKind.TooFarAhead)
                {
                    _held[kept++] = held with { IsRefused = kind is not null };
                    continue;
                }

                HeldBytes -= held.Frame.Length;
                isNew |= kind == MergeKind.Merged;
            }

            _held.RemoveRange(kept, _held.Count - kept);
            retryRefused = false;
        }
        while (isNew && _held.Count > 0);
    }

    /// <summary>A member was started again: updates of its earlier life that no member had taken in yet is as lost as the rest
    /// of what it forgot, or comes again.</summary>
    public void ForgetEarlier(NodeId origin, long incarnation)
    {
        for (var i = _held.Count - 1; i >= 0; i--)
        {
            if (_held[i].Run.Node != origin || new Dot(origin, _held[i].Run.UpTo).Incarnation >= incarnation) continue;
            HeldBytes -= _held[i].Frame.Length;
            _held.RemoveAt(i);
        }
    }

    private bool Take(in Frame frame)
    {
        foreach (var held in _held) if (held.Run == frame.Run) return false;
        var kind = Deliver(frame, isHeld: false);
        if (kind is not (null or MergeKind.TooFarAhead)) return kind == MergeKind.Merged;
        if (HeldBytes + frame.Bytes.Length > replica.Options.MaxHeldBytes)
        {
            replica.Counters.DeltasDropped++;
            return false;
        }

        _held.Add(new Held(frame.Run, frame.Bytes.ToArray(), kind is not null));
        HeldBytes += frame.Bytes.Length;
        replica.Counters.DeltasHeld++;
        return false;
    }

    /// <returns>Null: not in order yet.</returns>
    private MergeKind? Deliver(in Frame frame, bool isHeld)
    {
        var seen = replica.Machine.Seen;
        if (!replica.Rules.IsNews(!seen.Covers(frame.Run)))
        {
            if (!isHeld) replica.Counters.DeltasKnown++;
            return MergeKind.Known;
        }

        if (!replica.Rules.IsInOrder(HasPrevious(frame.Run, seen)) || !replica.Rules.MayShow(HasDependencies(frame, seen)))
            return null;
        var result = replica.Machine.TryMerge(frame.Delta, replica.Now);
        switch (result.Kind)
        {
            case MergeKind.Merged or MergeKind.Known when seen.Covers(frame.Run):
                replica.Counters.DeltasMerged++;
                replica.Counters.Conflicts += result.Conflicts;
                replica.Knowledge.OnMerged(frame);
                return MergeKind.Merged;
            case MergeKind.TooFarAhead:
                if (!isHeld) replica.Counters.StampsRefused++;
                return MergeKind.TooFarAhead;
            case MergeKind.NeedsState:
                replica.Pulls.NeedAnyState();
                return null;
            default:
                replica.Counters.Malformed++;
                return MergeKind.Malformed;
        }
    }

    private static bool HasPrevious(in DotRun run, DotContext seen) =>
        run.After == 0 || Contexts.IsBirth(run.After) || seen.Contains(new Dot(run.Node, run.After));

    /// <summary>No replica waits for updates of a node that is no member: those who had them may be gone with it.</summary>
    private bool HasDependencies(in Frame frame, DotContext seen)
    {
        if (frame.Dependencies.IsEmpty) return true;
        frame.TryReadDependencies(_dependencies);
        for (var i = 0; i < _dependencies.Count; i++)
        {
            var run = _dependencies[i];
            if (!seen.Covers(run) && replica.IsMember(run.Node)) return false;
        }

        return true;
    }
}
