using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>
/// A planned fail-over: no new writes, the target gets all of the log, and the control plane is asked to name it. From
/// that moment on it may do so without waiting for the lease to run out, for this replica has agreed: so the lease is
/// worth nothing for the rest of the epoch, whatever comes of it.
/// </summary>
internal sealed class Handover(
    Step step, AcceptedEpoch accepted, FrameLog<Epoch> log, LogMarks marks, Applier<Epoch> applier, Feeder feeder,
    InSyncSet inSync)
{
    private RequestId _request;
    private int _ticksLeft;

    public NodeId Target { get; private set; }

    public bool IsInProgress => !Target.IsNone;

    /// <summary>The control plane has been asked to name another: this replica serves no more in this epoch.</summary>
    public bool HasGivenUpLease { get; private set; }

    public void Begin(NodeId target, RequestId request)
    {
        var configuration = accepted.Configuration!;
        if (target == accepted.Self)
        {
            step.Out.Reply(request, Outcome.Done);
        }
        else if (IsInProgress || HasGivenUpLease)
        {
            step.Out.Reply(request, Outcome.Unavailable("another fail-over is under way"));
        }
        else if (!configuration.InSync.Contains(target))
        {
            step.Out.Reply(request, Outcome.Unavailable($"{target} is not in sync"));
        }
        else
        {
            (Target, _request, _ticksLeft) = (target, request, accepted.Options.HandoverTicks);
        }
    }

    /// <summary>Asks the control plane once the target has everything.</summary>
    public void TryAsk()
    {
        if (!IsInProgress
            || HasGivenUpLease || applier.LastApplied < log.LastIndex || marks.CommitIndex < log.LastIndex)
            return;
        if (feeder[Target] is not { } member || member.MatchIndex < log.LastIndex) return;
        HasGivenUpLease = true;
        var configuration = accepted.Configuration!;
        inSync.Want(configuration with { Epoch = configuration.Epoch.Next, Leader = Target });
    }

    /// <summary>Given up after the control plane was asked, only a new epoch brings the lease back: it is asked for
    /// one.</summary>
    public void OnTick()
    {
        if (!IsInProgress || --_ticksLeft > 0) return;
        var why = $"{Target} was not named in time";
        End(HasGivenUpLease ? Outcome.Unknown(why) : Outcome.Unavailable(why));
    }

    public void OnEpoch()
    {
        HasGivenUpLease = false;
        if (IsInProgress) End(Outcome.Unavailable($"the control plane kept {accepted.Self}"));
    }

    /// <summary>Another configuration is in force.</summary>
    public void End(GroupConfiguration next)
    {
        if (!IsInProgress) return;
        End(next.Leader == Target ? Outcome.Done
            : next.Leader.IsNone ? Outcome.Unknown("nobody is named yet") : Outcome.Unavailable($"{next.Leader} was named"));
    }

    private void End(in Outcome outcome)
    {
        Target = default;
        if (!_request.IsNone) step.Out.Reply(_request, outcome);
        _request = default;
    }
}
