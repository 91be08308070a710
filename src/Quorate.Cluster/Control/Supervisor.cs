using System.Text;
using Quorate.Cluster.Maps;
using Quorate.Replication;
using Quorate.Replication.Policies;

namespace Quorate.Cluster.Control;

/// <summary>
/// The control leader's judgement: who is dead, who may act, who leads next, who holds what. It changes nothing itself:
/// heartbeats and ticks go in; answers with grants, and entries for the control group to order, come out. Deterministic
/// but for its suspicion, bounded by the map, one caller at a time.
/// <para>Runs on the leader of the control group alone: call <see cref="OnElected"/> for each term in which this node
/// becomes the leader and has applied what its predecessors committed, and stop calling when it is leader no more.</para>
/// </summary>
public sealed class Supervisor
{
    /// <summary>Notices that nobody took are dropped beyond this, the oldest first.</summary>
    private const int MostNotices = 256;

    private readonly SortedList<int, NodeBeats> _beats = [];
    private readonly SortedList<int, GroupWatch> _watches = [];
    private readonly List<ControlCommand> _proposals = [];
    private readonly Queue<string> _notices = new();
    private readonly Dictionary<NodeId, long> _admitted = [];
    private long _mapVersion = -1;

    public Supervisor(ControlMachine machine, ControlOptions? options = null)
        : this(machine, options, SupervisorRules.Sound)
    {
    }

    internal Supervisor(ControlMachine machine, ControlOptions? options, SupervisorRules rules)
    {
        (Machine, Options, Rules) = (machine, options ?? new ControlOptions(), rules);
        Detector = new FailureDetector(Options);
        Leases = new Leases(Options);
    }

    public FailureDetector Detector { get; }

    public Leases Leases { get; }

    internal ControlMachine Machine { get; }

    internal ControlOptions Options { get; }

    internal SupervisorRules Rules { get; }

    internal ClusterMap Map => Machine.Map;

    internal Rounds Rounds { get; } = new();

    /// <summary>Begins a term as control leader, knowing nothing but the map.</summary>
    /// <param name="now">The time of the step.</param>
    /// <param name="since">When this node was elected: by then its predecessors' leases for the control group were over, and with
    /// them their right to grant any. Null: now.</param>
    public void OnElected(StepTime now, StepTime? since = null)
    {
        _beats.Clear();
        _watches.Clear();
        _proposals.Clear();
        _admitted.Clear();
        Rounds.Begin();
        Detector.Begin(now.Nanoseconds);
        Leases.Begin((since ?? now).Nanoseconds, Rules.WaitsAfterElection);
    }

    /// <summary>A node's heartbeat, and the answer to it; null: none, the node asks another.</summary>
    /// <param name="isCurrent">True when a linearizable read of the control group's state may be answered right now
    /// (<see cref="IReplica.MayReadLocally"/>). Without that a deposed control leader would go on granting leases on an
    /// old map, which the new one could not wait out.</param>
    public HeartbeatReply? OnHeartbeat(NodeId from, Heartbeat heartbeat, StepTime now, bool isCurrent)
    {
        ArgumentNullException.ThrowIfNull(heartbeat);
        if (!isCurrent || Map.Node(from) is not { State: not NodeState.Removed } node) return null;
        if (!_beats.TryGetValue(from.Value, out var beats)) _beats.Add(from.Value, beats = new NodeBeats());
        if (beats.IsOld(heartbeat)) return null;
        if (!beats.TryTake(heartbeat)) return HeartbeatAnswer.WantsAll(this, heartbeat);
        Detector.OnHeartbeat(
            from, Math.Max(heartbeat.OldestUnsyncedMilliseconds, heartbeat.LastSyncMilliseconds), now.Nanoseconds);
        foreach (var beat in heartbeat.Groups)
            if (Map.Group(beat.Group) is { IsConfigured: false }) Rounds.Stir(beat.Group);
        if (node.State == NodeState.Joining) Admit(from, now.Nanoseconds);
        return HeartbeatAnswer.To(this, from, beats, now.Nanoseconds);
    }

    /// <summary>Answers a node's newest heartbeat once more, because the map has changed since; null: there is nothing to tell
    /// it. The leases in it run from the time that the node sent that heartbeat, so that they are only shorter than those of the
    /// answer to its next one.</summary>
    internal HeartbeatReply? AnswerAgain(NodeId node, StepTime now)
    {
        if (Map.Node(node) is not { State: not NodeState.Removed }
            || _beats.GetValueOrDefault(node.Value) is not { Last: not null } beats)
            return null;
        if (Detector.IsSuspected(node)) return null;
        var reply = HeartbeatAnswer.To(this, node, beats, now.Nanoseconds);
        return reply.Assignments.Count + reply.Dropped.Count > 0 ? reply : null;
    }

    /// <summary>Time has passed; call about every <see cref="IReplica.TickLength"/>, after what was committed is
    /// applied.</summary>
    public void OnTick(StepTime now)
    {
        if (Detector.OnTick(Map.Nodes.Where(n => n.State != NodeState.Removed).Select(n => n.Id), now.Nanoseconds))
            Rounds.LookAtAll();
        Leases.Prune(now.Nanoseconds);
        foreach (var group in Rounds.Next(Map))
        {
            Step(group, now.Nanoseconds);
            Rounds.Looked(group, WatchOf(group.Id).IsUnderWay);
        }

        if (_mapVersion != Map.Version) ForgetWhatIsNoMore();
        _mapVersion = Map.Version;
    }

    /// <summary>As the target of <see cref="AskFailover"/>: what was asked for is to be given up.</summary>
    public static readonly NodeId NoMore = new(-1);

    /// <summary>An operator wants another leader for a group.</summary>
    /// <param name="id">The group.</param>
    /// <param name="target">None: whoever is fit.</param>
    /// <param name="now">The time of the step.</param>
    /// <param name="patienceMilliseconds">How long the leader is asked to hand over; 0:
    /// <see cref="ControlOptions.HandOverMilliseconds"/>.</param>
    /// <param name="isForced">It is deposed then; false: it stays.</param>
    /// <returns>Why not; null when it is under way, see <see cref="StatusOf"/>.</returns>
    public string? AskFailover(GroupId id, NodeId target, StepTime now, int patienceMilliseconds = 0, bool isForced = true)
    {
        if (Map.Group(id) is not { } group) return $"there is no group {id}";
        if (group.IsMerging)
            return $"{id} has no leader: its strategy {PolicyWords.Of(group.Policy.Strategy)} elects none and needs no fail-over";
        if (target == NoMore) return Heirs.GiveUp(WatchOf(id)) ? null : "No failover in progress.";
        var leader = group.IsConfigured ? group.Configuration.Leader : ElectedCare.LeaderOf(this, group);
        if (target.IsNone) target = Heirs.Find(this, group, leader);
        if (target.IsNone) return $"no other replica of {id} is in sync, up and fit to lead";
        if (leader == target) return $"{target} leads {id} already";
        if (!group.Configuration.InSync.Contains(target))
            return $"{target} is not in sync in {id}: it may lack acknowledged writes";
        if (Detector.IsSuspected(target)) return $"{target} does not answer";
        var watch = WatchOf(id);
        Rounds.Stir(id);
        (watch.Heir, watch.HeirSince, watch.IsOperatorsWish) = (target, now.Nanoseconds, true);
        (watch.HeirPatience, watch.IsHeirForced) = (
            Options.Nanoseconds(patienceMilliseconds == 0 ? Options.HandOverMilliseconds : patienceMilliseconds), isForced);
        return null;
    }

    /// <summary>Why a node that the map could do without cannot be removed yet; null when it can. The map says who should hold a
    /// group; this asks who does.</summary>
    public string? WhyStillHolds(NodeId node)
    {
        foreach (var group in Map.Groups)
        {
            var isThere = !Detector.IsSuspected(node) && BeatOf(node, group.Id) is not null;
            var isCounted = !isThere
                && !group.IsConfigured
                && group.Configuration.Members.Any(n => BeatOf(n, group.Id) is { Leads: true, Wanted: { } actual }
                    && actual.Contains(node));
            if (isThere || isCounted)
                return $"{Map.Node(node)?.Name ?? node.ToString()} still holds a replica of {Map.NamesOf(group.Id)}: it is on "
                    + $"its way out, try again in a moment";
        }

        return null;
    }

    /// <summary>Moves the entries to propose to the control group to the end of <paramref name="into"/>. An entry that was
    /// certainly not taken is offered again by itself.</summary>
    public void TakeProposals(ICollection<ControlCommand> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        foreach (var command in _proposals) into.Add(command);
        _proposals.Clear();
    }

    /// <summary>The next sentence for the log and the operator: fail-overs and what they may have lost.</summary>
    public bool TryTakeNotice(out string? notice) => _notices.TryDequeue(out notice);

    public GroupPhase StatusOf(GroupId group) => WatchOf(group).Status;

    public void Describe(StringBuilder text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"map v{Map.Version}");
        foreach (var group in Map.Groups)
            text.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"; {group.Id} {group.Configuration} {WatchOf(group.Id).Status.Phase}");
    }

    internal GroupWatch WatchOf(GroupId group)
    {
        if (!_watches.TryGetValue(group.Value, out var watch)) _watches.Add(group.Value, watch = new GroupWatch(group));
        return watch;
    }

    /// <summary>What a node last said about its replica; null: nothing since this term began.</summary>
    internal GroupBeat? BeatOf(NodeId node, GroupId group) => _beats.GetValueOrDefault(node.Value)?.Of(group);

    /// <summary>True while the node may act in an older epoch of a group than the map's: by its lease, unless it said itself
    /// that it follows this one.</summary>
    internal bool MayActInOlderEpoch(GroupEntry group, NodeId node, long now) =>
        Leases.MayStillAct(group.Id, node, now) && !(BeatOf(node, group.Id) is { } beat && beat.Report.Epoch >= group.Epoch);

    internal void Propose(GroupEntry group, ControlCommand command, long now)
    {
        WatchOf(group.Id).Propose(command, group.Epoch, now);
        _proposals.Add(command);
    }

    internal void ProposeAside(ControlCommand command) => _proposals.Add(command);

    internal void Notice(string sentence)
    {
        _notices.Enqueue(sentence);
        if (_notices.Count > MostNotices) _notices.Dequeue();
    }

    private void Step(GroupEntry group, long now)
    {
        var watch = WatchOf(group.Id);
        if (watch.Pending is { } command)
        {
            if (watch.PendingAt == group.Epoch)
            {
                if (now - watch.ProposedAt < Options.Nanoseconds(Options.ProposeAgainMilliseconds)) return;
                watch.ProposedAgain(now);
                _proposals.Add(command);
                return;
            }

            watch.Clear();
        }

        watch.Withheld.Clear();
        if (group.Id == ControlMachine.ControlGroup) return; // its own leader cares for it: see ControlVoters
        if (!group.IsConfigured) ElectedCare.Step(this, group, now);
        else if (group.IsMerging) UnledCare.Step(this, group, watch, now);
        else if (group.IsSealed) Failover.Step(this, group, watch, now);
        else if (group.Policy.Strategy.IsChained) ChainedCare.Step(this, group, watch, now);
        else NamedCare.Step(this, group, watch, now);
    }

    private void Admit(NodeId node, long now)
    {
        if (_admitted.TryGetValue(node, out var at) && now - at < Options.Nanoseconds(Options.ProposeAgainMilliseconds)) return;
        _admitted[node] = now;
        _proposals.Add(new AdmitNode(node));
    }

    private void ForgetWhatIsNoMore()
    {
        for (var i = _watches.Count - 1; i >= 0; i--)
            if (Map.Group(new GroupId(_watches.Keys[i])) is null) _watches.RemoveAt(i);
        for (var i = _beats.Count - 1; i >= 0; i--)
        {
            var node = new NodeId(_beats.Keys[i]);
            if (Map.IsMember(node)) continue;
            _beats.RemoveAt(i);
            _admitted.Remove(node);
            Detector.Forget(node);
        }
    }
}
