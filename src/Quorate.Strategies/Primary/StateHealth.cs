using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>Whether the state here is one of the group's past, or has to be replaced.</summary>
internal sealed class StateHealth(AcceptedEpoch accepted, FrameLog<Epoch> log, Amnesia<Epoch> amnesia)
{
    /// <summary>The state holds what the log no longer does: a snapshot must replace it.</summary>
    public bool IsLost { get; set; }

    /// <summary>This replica must not be named primary.</summary>
    public bool NeedsState =>
        IsLost || amnesia.IsPresent
        || (log.LastIndex.Value == 0 && accepted.Configuration?.InSync.Contains(accepted.Self) != true);
}
