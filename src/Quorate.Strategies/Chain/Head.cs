using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>Orders the chain's writes for one epoch. [CR §2]</summary>
internal sealed class Head(ChainReplica replica)
{
    private (RequestId Request, NodeId Target, int TicksLeft) _transfer;

    /// <summary>False for a head that was restarted in its epoch: see <see cref="AcceptedEpoch.IsFresh"/>.</summary>
    public bool MayOrder { get; } = replica.IsFresh;

    /// <summary>Who shall be the head of the next epoch; none while nobody is, or something is not committed yet.</summary>
    public NodeId NextHead =>
        !_transfer.Target.IsNone && replica.LastApplied == replica.Log.LastIndex ? _transfer.Target : NodeId.None;

    /// <summary>The first entry of an epoch changes nothing. When the tail has committed it, it has committed all that earlier
    /// epochs left. What it stands against in another log cannot have been committed.</summary>
    public void Begin()
    {
        if (MayOrder) replica.Keyed.Append(replica.Accepted.Epoch, EntryKind.NoOp, 0, default);
    }

    public void OnRequest(in ReplicaRequest request)
    {
        switch (request.Kind)
        {
            case RequestKind.Write when Refusal() is { } why:
                replica.Out.Reply(request.Id, Outcome.Unavailable(why));
                break;
            case RequestKind.Write:
                var index = replica.Keyed.Append(replica.Accepted.Epoch, EntryKind.Command, request.KeyHash, request.Payload);
                replica.Waiting.Add(index, request.Id);
                break;
            case RequestKind.TransferLeadership:
                TransferTo(request.Target, request.Id);
                break;
            default:
                replica.Out.Reply(request.Id, Outcome.Unavailable("the control plane decides about members"));
                break;
        }
    }

    public void OnTick()
    {
        if (_transfer.Target.IsNone || --_transfer.TicksLeft > 0) return;
        // The wish may have been heard: it may still come true.
        replica.Out.Reply(_transfer.Request, Outcome.Unknown("the control plane has not decided yet"));
        _transfer = default;
    }

    public void OnEnd(GroupConfiguration next)
    {
        if (_transfer.Target.IsNone) return;
        replica.Out.Reply(
            _transfer.Request,
            next.Leader == _transfer.Target ? Outcome.Done : Outcome.Unavailable($"the chain was changed otherwise: {next}"));
    }

    private string? Refusal()
    {
        if (!MayOrder) return "the head was restarted and waits for the next epoch";
        if (!replica.HasLease) return "the head has no lease";
        if (!_transfer.Target.IsNone) return $"the head is handing over to {_transfer.Target}";
        if (replica.Accepted.Newest!.InSync.Count < replica.Options.MinInSync) return "NOREPLICAS the chain is too short";
        return replica.Log.BytesFrom(replica.LastApplied.Next) > replica.Options.MaxPendingBytes
            ? "too much waits for the chain" : null;
    }

    private void TransferTo(NodeId target, RequestId request)
    {
        if (target == replica.Self) replica.Out.Reply(request, Outcome.Done);
        else if (!MayOrder || !replica.Accepted.Newest!.InSync.Contains(target))
            replica.Out.Reply(request, Outcome.Unavailable($"{target} cannot become the head"));
        else if (!_transfer.Target.IsNone) replica.Out.Reply(request, Outcome.Unavailable("another handover is under way"));
        else _transfer = (request, target, replica.Options.TransferTicks);
    }
}
