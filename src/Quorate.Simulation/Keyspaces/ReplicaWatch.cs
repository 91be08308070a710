using Quorate.Cluster;
using Quorate.Cluster.Groups;
using Quorate.Replication;
using Quorate.Simulation.Checking;
using Quorate.Simulation.Worlds;

namespace Quorate.Simulation.Keyspaces;

/// <summary>
/// One group of a primary or a chain, seen on all nodes at once by an observer that forgets nothing: one configuration and
/// one orderer in an epoch, no replica acting beside one that was named later, epochs that never go back, entries that are the
/// same wherever they are, commits that are held by as many as the policy says and stay.
/// </summary>
internal sealed class ReplicaWatch(SimCluster cluster, GroupId id, KeyspacePlan plan)
{
    /// <summary>Of a batch of entries that arrives at once, this many are compared.</summary>
    private const int EntriesPerStep = 4;

    private readonly Dictionary<long, GroupConfiguration> _configurations = [];
    private readonly Dictionary<long, NodeId> _orderers = [];
    private readonly Dictionary<(long Index, long Epoch), ulong> _entries = [];
    private readonly List<(Epoch Epoch, ulong Content)> _committed = [default];
    private readonly SortedDictionary<int, Seen> _seen = [];
    private Epoch _newest;
    private NodeId _orderer;

    public long Failovers { get; private set; }

    public long Compared { get; private set; }

    private sealed class Seen
    {
        public IConfiguredReplica? Replica;
        public Epoch Accepted;
        public Epoch Reported;
        public LogIndex CommitIndex;
        public LogIndex LastIndex;
        public Epoch LastEpoch;
        public bool Ordered;
        public long Losses;
        public long Unlisted;
    }

    /// <summary>Entries put into the lost-and-found, and those that could only be counted, in all lives of all nodes.</summary>
    public (long Listed, long Unlisted) Losses { get; private set; }

    public void Check(SimNode node, Group? group)
    {
        if (group?.Configured is null)
        {
            _seen.Remove(node.Id.Value);
            return;
        }

        var view = new ReplicaView(group);
        if (!_seen.TryGetValue(node.Id.Value, out var seen)) _seen.Add(node.Id.Value, seen = new Seen());
        if (seen.Replica != view.Replica) BeginLife(node, seen, view);
        CheckEpochs(node, seen, view);
        CheckLog(node, seen, view);
        CheckOrderer(node, seen, view);
        CheckCommits(node, seen, view);
        CheckActing(node, view);
        CountLosses(seen, view);
    }

    private static void BeginLife(SimNode node, Seen seen, in ReplicaView view)
    {
        (seen.Replica, seen.CommitIndex, seen.LastIndex, seen.Ordered) = (view.Replica, default, default, false);
        (seen.Losses, seen.Unlisted, seen.Accepted) = (0, 0, default);
        if (view.Replica.Report.Epoch < seen.Reported)
            throw new EpochOrderFailure(
                $"{node.Id} was at {seen.Reported} for good and is at {view.Replica.Report.Epoch} after a restart");
    }

    private void CheckEpochs(SimNode node, Seen seen, in ReplicaView view)
    {
        var reported = view.Replica.Report.Epoch;
        if (reported < seen.Reported)
            throw new EpochOrderFailure($"{id} on {node.Id} goes back from {seen.Reported} to {reported}");
        seen.Reported = reported;
        if (view.Epoch == seen.Accepted) return;
        if (view.Epoch < seen.Accepted)
            throw new EpochOrderFailure($"{id} on {node.Id} follows {view.Epoch} after {seen.Accepted}");
        seen.Accepted = view.Epoch;
        var configuration = view.Replica.Configuration!;
        if (!_configurations.TryAdd(view.Epoch.Value, configuration) && !_configurations[view.Epoch.Value].Equals(configuration))
            throw new ElectionSafetyFailure(
                $"{id} on {node.Id} follows {configuration}, another node {_configurations[view.Epoch.Value]}");
    }

    private void CheckLog(SimNode node, Seen seen, in ReplicaView view)
    {
        if (view.LastIndex == seen.LastIndex && view.LastEpoch == seen.LastEpoch) return;
        // What is ordered in an epoch that is not durable has not left the node, and may be forgotten with it.
        if (view.Replica.Report.Epoch < view.Epoch) return;
        (seen.LastIndex, seen.LastEpoch) = (view.LastIndex, view.LastEpoch);
        for (var i = Math.Max(view.LastIndex.Value - EntriesPerStep + 1, view.FirstIndex.Value); i <= view.LastIndex.Value; i++)
        {
            var (epoch, content) = view.EntryAt(new LogIndex(i));
            if (!_entries.TryAdd((i, epoch.Value), content) && _entries[(i, epoch.Value)] != content)
                throw new LogMatchingFailure($"{id} on {node.Id} holds another entry {i} of {epoch} than a node before it");
        }
    }

    private void CheckOrderer(SimNode node, Seen seen, in ReplicaView view)
    {
        var orders = view.Orders;
        if (!orders)
        {
            seen.Ordered = false;
            return;
        }

        if (view.Replica.Configuration!.Standby.Contains(node.Id))
            throw new ElectionSafetyFailure($"{node.Id} orders {id} in {view.Replica.Configuration}");

        if (!_orderers.TryAdd(view.Epoch.Value, node.Id))
        {
            if (_orderers[view.Epoch.Value] != node.Id)
                throw new ElectionSafetyFailure(
                    $"two nodes order {id} in {view.Epoch}: {_orderers[view.Epoch.Value]} and {node.Id}");
            return;
        }

        if (view.Epoch <= _newest) return;
        _newest = view.Epoch;
        if (_orderer != node.Id) Failovers++;
        _orderer = node.Id;
        KeepOrLose(node, view);
    }

    /// <summary>A replica that begins to order holds every committed entry; what it lacks may be lost by the policy.</summary>
    private void KeepOrLose(SimNode node, in ReplicaView view)
    {
        for (var i = 1; i < _committed.Count; i++)
        {
            var index = new LogIndex(i);
            if (_committed[i].Epoch.Value == 0 || index < view.FirstIndex) continue;
            if (view.Has(index) && view.EntryAt(index).Epoch == _committed[i].Epoch) continue;
            if (!plan.MayLose)
                throw new LeaderCompletenessFailure(
                    $"{node.Id} orders {id} in {view.Epoch} and lacks the committed entry {i} of {_committed[i].Epoch}");
            _committed.RemoveRange(i, _committed.Count - i);
            return;
        }
    }

    private void CheckCommits(SimNode node, Seen seen, in ReplicaView view)
    {
        var commit = view.CommitIndex;
        if (commit == seen.CommitIndex) return;
        var from = seen.CommitIndex.Next;
        // Where writes may be lost, a replica that has heard nothing of the newest epoch's log does not know yet which are:
        // what it committed is compared once it has.
        if (commit >= from && plan.MayLose && (view.Epoch < _newest || view.LastEpoch < _newest)) return;
        seen.CommitIndex = commit;
        for (var i = from; i <= commit; i = i.Next)
        {
            while (_committed.Count <= i.Value) _committed.Add(default);
            if (!view.Has(i)) continue;
            var entry = view.EntryAt(i);
            Compared++;
            var known = _committed[(int)i.Value];
            if (known.Epoch.Value == 0) _committed[(int)i.Value] = entry;
            else if (known != entry)
                throw new StateMachineSafetyFailure(
                    $"{id} on {node.Id} committed at {i} an entry of {entry.Epoch}, another node one of {known.Epoch}");
        }

        if (view.IsChain ? view.IsTail : view.Orders) CheckHolders(node, view, commit);
    }

    /// <summary>A newly committed entry is durable on as many nodes as the policy says; nodes that are down may be among
    /// them.</summary>
    private void CheckHolders(SimNode node, in ReplicaView view, LogIndex commit)
    {
        if (view.IsDegraded) return;
        var inSync = view.Replica.Configuration!.InSync;
        var (holders, unseen) = (0, 0);
        foreach (var member in inSync)
        {
            if (cluster.Nodes[member.Value - 1].Node?.Find(id) is not { Configured: not null } group)
            {
                unseen++;
                continue;
            }

            var other = new ReplicaView(group);
            if (other.NeedsState) unseen++;
            else if (other.DurableIndex >= commit) holders++;
        }

        var needed = plan.Policy.Strategy == Strategy.Chain ? inSync.Count : plan.Guarantee.CopiesWhenAcknowledged;
        if (holders + unseen >= needed) return;
        throw new CopiesFailure(
            $"{node.Id} commits {commit} of {id} in {view.Replica.Configuration} on {holders} nodes; {needed} must have it");
    }

    /// <summary>At most one node serves without asking the others: the one that was named last.</summary>
    private void CheckActing(SimNode node, in ReplicaView view)
    {
        if (!view.IsActing(node.Clock.Now)) return;
        var configuration = view.Replica.Configuration!;
        foreach (var other in cluster.Nodes)
        {
            if (other == node || other.Node?.Find(id) is not { Configured: not null } group) continue;
            var theirs = new ReplicaView(group);
            if (view.IsChain && theirs.Epoch == view.Epoch) continue;
            if (!theirs.IsActing(other.Clock.Now)) continue;
            var (older, newer) = theirs.Epoch < view.Epoch ? (other.Id, configuration) : (node.Id, theirs.Replica.Configuration!);
            if (view.IsChain && newer.InSync.Contains(older)) continue;
            throw new LeaseFailure($"{node.Id} in {view.Epoch} and {other.Id} in {theirs.Epoch} both act for {id} under a lease");
        }
    }

    private void CountLosses(Seen seen, in ReplicaView view)
    {
        if (view.Losses == seen.Losses && view.UnlistedLosses == seen.Unlisted) return;
        Losses = (Losses.Listed + view.Losses - seen.Losses, Losses.Unlisted + view.UnlistedLosses - seen.Unlisted);
        (seen.Losses, seen.Unlisted) = (view.Losses, view.UnlistedLosses);
    }
}
