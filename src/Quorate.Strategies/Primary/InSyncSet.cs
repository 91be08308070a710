using Quorate.Replication;

namespace Quorate.Strategies.Primary;

/// <summary>
/// Who the primary asks the control plane to count as in sync: without backups that have not caught up for a while, with
/// learners that have.
/// <para>
/// A set that was asked for can be taken at any moment, also after it is no longer wanted, for the control plane may act
/// on what it heard before. 1. The primary wants C out, A and B alone are asked from then on at a fail-over. 2. C comes
/// back, the primary wants nothing any more, and commits with C's answer alone. 3. The control plane takes the set of
/// step 1. 4. The primary dies; A and B do not have the write. So from the moment a set is shown until the next epoch, a
/// write is committed only when it satisfies that set too; and a set is shown only when all that is committed satisfies
/// it. To get rid of one, the primary asks for a new epoch with the set it has.
/// </para>
/// </summary>
internal sealed class InSyncSet(AcceptedEpoch accepted, LogMarks marks, Feeder feeder)
{
    private const int MostShown = 8;

    private readonly List<GroupConfiguration> _shown = [];

    /// <summary>The configuration asked for; null: content.</summary>
    public GroupConfiguration? Wanted { get; private set; }

    /// <summary>What every set shown in this epoch has reached.</summary>
    public LogIndex ReachedByShown()
    {
        var reached = new LogIndex(long.MaxValue);
        if (!accepted.Rules.CommitsByWantedSetsToo) return reached;
        foreach (var shown in _shown) reached = LogIndex.Min(reached, AckRule.Reached(accepted, feeder, shown.InSync));
        return reached;
    }

    public void OnEpoch()
    {
        _shown.Clear();
        Wanted = null;
    }

    /// <summary>A planned fail-over: this, whatever else was wanted.</summary>
    public void Want(GroupConfiguration configuration) => Show(configuration);

    /// <summary>To be called every tick.</summary>
    public void Refresh(LogIndex firstOfEpoch)
    {
        var current = accepted.Configuration!;
        var next = Next(current, firstOfEpoch);
        if (next is null && _shown.Count == 0) return;
        Show((next ?? current) with { Epoch = current.Epoch.Next });
    }

    private void Show(GroupConfiguration configuration)
    {
        if (_shown.Contains(configuration))
        {
            Wanted = configuration;
            return;
        }

        if (_shown.Count >= MostShown) return;
        _shown.Add(configuration);
        Wanted = configuration;
    }

    /// <summary>What the sets should be; null: as they are.</summary>
    private GroupConfiguration? Next(GroupConfiguration current, LogIndex firstOfEpoch)
    {
        if (HasSilent(current) && Shrunk(current, firstOfEpoch) is { } shrunk) return shrunk;
        foreach (var learner in current.Learners)
        {
            if (current.Standby.Contains(learner)) continue;
            // One at a time, so that majorities of both sets meet. Too few may be in sync to commit anything: then the set must
            // grow first, and whoever has the whole log that was taken over has all that may be committed.
            if (IsCaughtUp(learner, firstOfEpoch))
                return current with
                {
                    InSync = [.. current.InSync, learner],
                    Learners = [.. current.Learners.Where(n => n != learner)],
                };
        }

        return null;
    }

    private bool HasSilent(GroupConfiguration current)
    {
        for (var i = 0; i < current.InSync.Count; i++) if (IsSilent(current.InSync[i])) return true;
        return false;
    }

    /// <summary>Null when what would be left is not enough. With <c>ack majority</c> nobody leaves: a majority of fewer
    /// stands no more than one of all.</summary>
    private GroupConfiguration? Shrunk(GroupConfiguration current, LogIndex firstOfEpoch)
    {
        var left = current.InSync.Where(n => !IsSilent(n)).ToList();
        var isEnough = accepted.Options.Ack switch
        {
            Ack.Majority => false,
            Ack.Sync => left.Count >= accepted.Options.MinInSync,
            // Those that are left must have all that may be committed, the log taken over from earlier epochs included.
            Ack.SemiSync => left.Count > accepted.Options.AckBackups
                && AckRule.Reached(accepted, feeder, left) >= LogIndex.Max(marks.CommitIndex, firstOfEpoch),
            _ => true,
        };
        return isEnough
            ? current with { InSync = left, Learners = [.. current.Learners, .. current.InSync.Where(IsSilent)] } : null;
    }

    private bool IsSilent(NodeId node) => node != accepted.Self && (feeder[node] is not { } member || feeder.IsSilent(member));

    private bool IsCaughtUp(NodeId node, LogIndex firstOfEpoch) =>
        feeder[node] is { State: ProgressState.Replicate } member && !feeder.IsSilent(member)
        && member.MatchIndex >= LogIndex.Max(marks.CommitIndex, firstOfEpoch);
}
