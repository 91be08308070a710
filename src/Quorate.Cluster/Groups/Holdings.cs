using System.Buffers;
using Quorate.Cluster.Control;
using Quorate.Cluster.Maps;
using Quorate.Data;
using Quorate.Replication;

namespace Quorate.Cluster.Groups;

/// <summary>
/// The groups of keyspaces that the control plane has given this node: makes their replicas, remembers them in a note so
/// that a restarted node knows what its journal speaks of, hands on configurations and leases.
/// </summary>
internal sealed class Holdings(IGroupsNode node) : IHeldReplicas
{
    private const string NoteName = "groups";

    /// <summary>In heartbeats: how often every group is looked at, should one have changed without a tick.</summary>
    private const int AllBeats = 50;

    private readonly SortedList<int, GroupAssignment> _assigned = [];

    /// <summary>Groups of which this node had a replica once. Should it get one again, the journal's records up to these
    /// points are not that replica's.</summary>
    private readonly SortedList<int, PersistPoint> _left = [];

    private readonly SortedList<int, PersistPoint> _over = []; // records of groups that this node no longer holds
    private long _comeBack;
    private PersistPoint _recovered;
    private readonly Dictionary<int, (Epoch Epoch, bool NeedsState, GroupConfiguration? Wanted)> _told = [];
    private readonly SortedSet<int> _quiet = [];
    private int _beats;

    /// <summary>Groups of which this node has a replica, the default group left out.</summary>
    public IEnumerable<GroupId> Groups => _assigned.Keys.Select(k => new GroupId(k));

    /// <summary>
    /// Of a replica that is made now. How often the node was started is not enough: a replica that left the node and came back
    /// within one life remembers nothing of what it had made, and would give the same numbers to other updates. So the times that
    /// one came back are counted as well, durably, and for ever.
    /// </summary>
    public long Incarnation => node.Options.Incarnation + _comeBack;

    /// <summary>A founder holds the group of the numbered databases unless it was given up; others when they are given
    /// it.</summary>
    public bool BeginsWithDefaultGroup =>
        node.Options.Founders.Any(m => m.Id == node.Options.Self) && !_left.ContainsKey(ControlMachine.DefaultGroup.Value);

    /// <summary>Makes the replicas that the note names, before the journal is read back.</summary>
    /// <returns>False: the note is damaged.</returns>
    public bool TryRestore()
    {
        var note = node.Host.ReadNote(NoteName);
        var reader = new FieldReader(note.Span, node.Options.Strategies);
        _comeBack = reader.Rest > 0 ? reader.Natural() : 0;
        for (var n = reader.Rest > 0 ? reader.Count(ControlLimits.MostGroups) : 0; n > 0; n--)
        {
            var assignment = new GroupAssignment(reader.Group(), reader.Policy(), reader.Configuration());
            var words = string.Join(", ", node.Options.Strategies.Named.Select(s => s.Word));
            Invariant.Require(
                reader.UnknownStrategy is null,
                $"the node holds a group of a strategy that it does not have (number {reader.UnknownStrategy}); it has {words}");
            if (reader.HasFailed) return false;
            _assigned[assignment.Group.Value] = assignment;
            node.AddGroup(Make(assignment, null));
        }

        while (reader.Rest > 0)
        {
            var (group, point) = (reader.Group(), new PersistPoint(reader.Natural()));
            if (reader.HasFailed) return false;
            _left[group.Value] = point;
        }

        return true;
    }

    /// <summary>Whether a record that is read back belongs to a replica that is here. False: the group has left this node,
    /// for good or before it came again.</summary>
    public bool Has(GroupId group, PersistPoint point)
    {
        _recovered = point;
        if (node.Hosts(group) && !(_left.TryGetValue(group.Value, out var left) && point <= left)) return true;
        _over[group.Value] = point;
        return false;
    }

    /// <summary>The journal has been read back.</summary>
    public void OnRecovered()
    {
        foreach (var (group, point) in _over) node.Host.ReleaseJournal(new GroupId(group), new PersistPoint(point.Value + 1));
        _over.Clear();
        // What the journal lost behind the last record gets the same points again.
        var ahead = _left.Where(l => l.Value > _recovered).Select(l => l.Key).ToList();
        foreach (var group in ahead) _left[group] = _recovered;
        if (ahead.Count > 0) WriteNote();
    }

    /// <inheritdoc/>
    public void Assign(GroupAssignment assignment, StepTime now)
    {
        var before = node.Find(assignment.Group);
        if (before is not { IsAbsent: false } group)
        {
            if (!assignment.Configuration.Contains(node.Options.Self) || assignment.Group == ControlMachine.ControlGroup) return;
            _assigned[assignment.Group.Value] = assignment;
            if (_left.ContainsKey(assignment.Group.Value)) _comeBack++;
            WriteNote();
            group = Make(assignment, before);
            node.AddGroup(group);
            group.Replica.Start(now, group.Effects);
            node.Routing.OnMapChanged();
        }

        if (assignment.Configuration.Epoch <= group.Epoch) return;
        group.Epoch = assignment.Configuration.Epoch;
        if (group.Policy != assignment.Policy && _assigned.ContainsKey(group.Id.Value))
        {
            _assigned[group.Id.Value] = assignment;
            WriteNote();
        }

        group.Policy = assignment.Policy;
        if (group.Configured is { } configured) configured.OnConfiguration(assignment.Configuration, now, group.Effects);
        else (group.Wish, group.IsWishTrue) = (assignment.Configuration, false);
        MakeVoters(group, now);
        group.AfterStep(now);
        group.NeedsTurnEnd();
        node.Routing.Renew(); // the state here may stay behind on purpose from now on, or no longer
    }

    public void Grant(GroupId id, Epoch epoch, long until, StepTime now)
    {
        if (node.Find(id) is not { Configured: { } configured } group) return;
        configured.OnLease(epoch, until, now, group.Effects);
        group.AfterStep(now);
        group.NeedsTurnEnd();
    }

    public void HandOver(GroupId id, NodeId to, StepTime now)
    {
        if (node.Find(id) is not { IsAbsent: false } group) return;
        group.Replica.OnRequest(
            new ReplicaRequest { Id = default, Kind = RequestKind.TransferLeadership, Target = to }, now, group.Effects);
        group.AfterStep(now);
        group.NeedsTurnEnd();
    }

    /// <inheritdoc/>
    public void Drop(GroupId id)
    {
        if (node.Find(id) is not { IsAbsent: false } group) return;
        // it is told again with a later heartbeat
        if (group.Configured is { MayLeave: false } && !node.Map!.WasDropped(id)) return;
        if (!_assigned.Remove(id.Value) && id != ControlMachine.DefaultGroup) return;
        _beats = 0; // what is gone is told with all that is held
        _left[id.Value] = new PersistPoint(group.Effects.End.Value - 1);
        foreach (var left in _left.Keys.Where(g => node.Map!.WasDropped(new GroupId(g))).ToList()) _left.Remove(left);
        WriteNote();
        node.Routing.OnReplicaGone(id);
        node.Host.ReleaseJournal(id, group.Effects.End); // not for ever: the group may be given to this node again
        node.Host.ForgetGroup(id);
        node.Routing.OnMapChanged();
    }

    /// <inheritdoc/>
    public void MakeVoters(StepTime now)
    {
        // A leader whose wish is not true yet does not fall quiet.
        for (var i = node.Ticking.Count - 1; i >= 0; i--)
        {
            if (i >= node.Ticking.Count || node.Find(node.Ticking[i].Id) is not { } group || !MakeVoters(group, now)) continue;
            group.AfterStep(now);
            group.NeedsTurnEnd();
        }
    }

    /// <inheritdoc/>
    public bool HasNews()
    {
        foreach (var hosted in node.Ticking) // those with configurations are never quiet
        {
            if (node.Find(hosted.Id) is not { Configured: { } configured }) continue;
            if (!_told.TryGetValue(hosted.Id.Value, out var told) || told != NewsOf(configured)) return true;
        }

        return false;
    }

    /// <inheritdoc/>
    /// <remarks>A thousand quiet groups cost nothing.</remarks>
    public IReadOnlyList<GroupBeat> Beats(out bool isAll)
    {
        isAll = _beats++ % AllBeats == 0;
        var beats = new List<GroupBeat>();
        _told.Clear();
        if (isAll)
        {
            foreach (var group in node.Groups)
                if (BeatOf(group) is { } beat) beats.Add(beat);
        }
        else
        {
            foreach (var hosted in node.Ticking)
                if (BeatOf(node.Find(hosted.Id)) is { } beat) beats.Add(beat);
            foreach (var id in _quiet)
                if (node.Find(new GroupId(id)) is { Hosting.IsTicking: false } group && BeatOf(group) is { } beat)
                    beats.Add(beat);
        }

        _quiet.Clear();
        return beats;
    }

    /// <summary>The group ticks no more; what it came to meanwhile is still to be told.</summary>
    public void OnQuiet(GroupId id)
    {
        _quiet.Add(id.Value);
        if (node.Find(id) is { } group) group.QuietBeat = null;
    }

    private GroupBeat? BeatOf(Group? group)
    {
        if (group is not { IsAbsent: false }) return null;
        if (group.Configured is { } configured)
        {
            _told[group.Id.Value] = NewsOf(configured);
            return new GroupBeat(group.Id, configured.Report, configured.Wanted) { Diverged = group.Diverged };
        }

        if (group.Electing is not { } electing) return null;
        var beat = group.Hosting.IsTicking || group.QuietBeat?.Report.Epoch != group.Epoch
            ? BeatOf(group, electing) : group.QuietBeat;
        group.QuietBeat = group.Hosting.IsTicking ? null : beat;
        return beat;
    }

    private static (Epoch, bool, GroupConfiguration?) NewsOf(IConfiguredReplica replica)
    {
        var report = replica.Report;
        return (report.Epoch, report.NeedsState, replica.Wanted);
    }

    private Group Make(GroupAssignment assignment, Group? before)
    {
        var (policy, members) = (assignment.Policy, assignment.Configuration.InSync);
        if (assignment.Group == ControlMachine.DefaultGroup) return node.MakeDefault(members, before);
        if (policy.IsMerging) return new MergingGroup(assignment.Group, node, policy, members, before);
        var isDurable = policy.Durability != Durability.Memory;
        return new OrderedGroup(
            assignment.Group,
            node,
            group => node.MakeOrdered(group.Id, policy, members, group.Machine, isDurable, node.Rules.Strategies),
            before,
            policy);
    }

    /// <summary>The voters of a group that elects for itself change by its own consensus; its leader is told the wish until it is
    /// true, for a change may be refused, or be lost with its leader.</summary>
    private static bool MakeVoters(Group group, StepTime now)
    {
        if (group.IsWishTrue || group.Electing is not { IsLeader: true } electing) return false;
        if (group.Wish is not { InSync.Count: > 0 } wish) return false;
        var current = electing.Members;
        // A node that is new to the group learns first: the wish may have gone beyond that step before a leader could take it.
        NodeId[] strangers = [.. wish.InSync.Where(n => !current.Contains(n))];
        var voters = strangers.Length > 0 ? current.Voters : wish.InSync;
        var learners = strangers.Length > 0 ? [.. current.Learners, .. strangers] : wish.Learners;
        var isSo = current.Are(voters, learners);
        group.IsWishTrue = strangers.Length == 0 && isSo;
        if (isSo) return false;
        var payload = electing.EncodeMembers(voters, learners);
        var request = new ReplicaRequest { Id = default, Kind = RequestKind.ChangeMembership, Payload = payload };
        electing.OnRequest(request, now, group.Effects);
        return true;
    }

    private static GroupBeat BeatOf(Group group, IElectingReplica electing)
    {
        var (term, last) = (new Epoch(electing.CurrentTerm.Value), electing.LastIndex);
        var report = new ReplicaReport(group.Epoch, term, last, electing.CommitIndex, NeedsState: false);
        return new GroupBeat(group.Id, report, Actual(group, electing), electing.IsLeader);
    }

    /// <summary>The members of a group that elects for itself, as its leader knows them; null elsewhere, and while they
    /// change.</summary>
    private static GroupConfiguration? Actual(Group group, IElectingReplica electing) =>
        electing.IsLeader && electing.Members is { IsSettled: true } members
            ? new GroupConfiguration(group.Epoch, default, members.Voters, members.Learners)
            : null;

    private void WriteNote()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Int64(_comeBack);
        writer.Int32(_assigned.Count);
        foreach (var assignment in _assigned.Values)
        {
            writer.Int32(assignment.Group.Value);
            writer.Policy(assignment.Policy);
            writer.Configuration(assignment.Configuration);
        }

        foreach (var (group, point) in _left)
        {
            writer.Int32(group);
            writer.Int64(point.Value);
        }

        node.Host.WriteNote(NoteName, output.WrittenSpan);
    }
}
