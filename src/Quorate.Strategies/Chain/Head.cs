using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Chain;

/// <summary>Orders the chain's writes for one epoch. [CR §2]</summary>
internal sealed class Head(Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, KeyedLog keyed, Commits commits)
{
    private (RequestId Request, NodeId Target, int TicksLeft) _transfer;

    /// <summary>False for a head that was restarted in its epoch: see <see cref="AcceptedEpoch.IsFresh"/>.</summary>
    public bool MayOrder { get; } = accepted.IsFresh;

    /// <summary>Who shall be the head of the next epoch; none while nobody is, or something is not committed yet.</summary>
    public NodeId NextHead =>
        !_transfer.Target.IsNone && commits.LastApplied == log.LastIndex ? _transfer.Target : NodeId.None;

    /// <summary>The first entry of an epoch changes nothing. When the tail has committed it, it has committed all that earlier
    /// epochs left. What it stands against in another log cannot have been committed.</summary>
    public void Begin()
    {
        if (MayOrder) keyed.Append(accepted.Epoch, EntryKind.NoOp, 0, default);
    }

    public void OnRequest(in ReplicaRequest request)
    {
        switch (request.Kind)
        {
            case RequestKind.Write when Refusal() is { } why:
                step.Out.Reply(request.Id, Outcome.Unavailable(why));
                break;
            case RequestKind.Write:
                var index = keyed.Append(accepted.Epoch, EntryKind.Command, request.KeyHash, request.Payload);
                commits.Waiting.Add(index, request.Id);
                break;
            case RequestKind.TransferLeadership:
                TransferTo(request.Target, request.Id);
                break;
            default:
                step.Out.Reply(request.Id, Outcome.Unavailable("the control plane decides about members"));
                break;
        }
    }

    public void OnTick()
    {
        if (_transfer.Target.IsNone || --_transfer.TicksLeft > 0) return;
        // The wish may have been heard: it may still come true.
        step.Out.Reply(_transfer.Request, Outcome.Unknown("the control plane has not decided yet"));
        _transfer = default;
    }

    public void OnEnd(GroupConfiguration next)
    {
        if (_transfer.Target.IsNone) return;
        step.Out.Reply(
            _transfer.Request,
            next.Leader == _transfer.Target ? Outcome.Done : Outcome.Unavailable($"the chain was changed otherwise: {next}"));
    }

    private string? Refusal()
    {
        if (!MayOrder) return "the head was restarted and waits for the next epoch";
        if (!accepted.HasLease) return "the head has no lease";
        if (!_transfer.Target.IsNone) return $"the head is handing over to {_transfer.Target}";
        if (accepted.Newest!.InSync.Count < accepted.Options.MinInSync) return "NOREPLICAS the chain is too short";
        return log.BytesFrom(commits.LastApplied.Next) > accepted.Options.MaxPendingBytes
            ? "too much waits for the chain" : null;
    }

    private void TransferTo(NodeId target, RequestId request)
    {
        if (target == accepted.Self) step.Out.Reply(request, Outcome.Done);
        else if (!MayOrder || !accepted.Newest!.InSync.Contains(target))
            step.Out.Reply(request, Outcome.Unavailable($"{target} cannot become the head"));
        else if (!_transfer.Target.IsNone) step.Out.Reply(request, Outcome.Unavailable("another handover is under way"));
        else _transfer = (request, target, accepted.Options.TransferTicks);
    }
}
