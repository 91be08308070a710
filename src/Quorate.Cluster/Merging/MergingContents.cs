using Quorate.Cluster.Groups;
using Quorate.Data;
using Quorate.Data.Merging;
using Quorate.Data.Registers;
using Quorate.Replication;
using Quorate.Strategies.CasPaxos;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.MultiLeader;

namespace Quorate.Cluster.Merging;

/// <summary>The contents of a replica whose data merges: a store, or one for each partition that it holds, and how the replica that
/// fills them is made.</summary>
internal sealed class MergingContents
{
    private readonly SortedList<int, MergingMachine> _machines = []; // by partition
    private readonly GroupId _group;
    private readonly Node _node;
    private readonly IReplyRouter _router;
    private readonly long _incarnation;
    private IMergeRule? _rule;
    private int _partitions = 1;

    /// <param name="group">Whose contents.</param>
    /// <param name="node">Where.</param>
    /// <param name="policy">As it was when the replica was made.</param>
    /// <param name="router">Takes the replies.</param>
    public MergingContents(GroupId group, Node node, Policy policy, IReplyRouter router) =>
        (_group, _node, Policy, _router, _incarnation) = (group, node, policy, router, node.Holdings.Incarnation);

    public Policy Policy { get; }

    /// <summary>The stores of this node's replica: one, or one for each partition that it holds; none where keys are agreed on.</summary>
    public IEnumerable<MergingMachine> Machines => _machines.Values;

    public IConfiguredReplica MakeReplica()
    {
        var options = _node.Options;
        if (options.MakeConvergent is { } make) return make(options, Policy, NewMachine(0));
        var snapshots = _node.Host.SnapshotsOf(_group);
        var seed = options.Seed ^ (ulong)_group.Value;
        if (Policy.Consensus)
        {
            var registers = options.CasPaxos.With(Policy) with { Acceptors = Policy.N };
            return new CasPaxosReplica(options.Self, registers, new RegisterMachine(_router), snapshots, _incarnation, seed, _node.Rules.CasPaxos);
        }

        if (Policy.Strategy == Strategy.Leaderless)
        {
            var quorums = options.Leaderless with
            {
                N = Policy.N,
                R = Policy.R,
                W = Policy.W,
                Sloppy = Policy.Sloppy,
                Linearizable = Policy.Reads == ReadConsistency.Linearizable,
                Durable = Policy.Durability != Durability.Memory,
            };
            _partitions = quorums.Partitions;
            return new LeaderlessReplica(options.Self, quorums, NewMachine, new CommandKeys(), snapshots, _incarnation, seed, _node.Rules.Leaderless);
        }

        var leaders = options.MultiLeader.With(Policy) with
        {
            RegionOf = RegionOf,
            Topology = Policy.Topology,
        };
        return new MultiLeaderReplica(options.Self, leaders, NewMachine(0), snapshots, _incarnation, _node.Rules.MultiLeader);
    }

    /// <summary>See <see cref="Group.Foresee"/>.</summary>
    public bool Foresee(ReadOnlySpan<byte> key)
    {
        if (_machines.Count == 0) return false;
        if (_machines.TryGetValue(_partitions == 1 ? 0 : CommandKeys.PartitionOf(key, _partitions), out var machine)) machine.Store.Foresee(key);
        return true;
    }

    private IMergeMachine NewMachine(int partition)
    {
        var options = _node.Options.Merging with
        {
            Conflicts = Policy.Conflicts,
            LossesKeptMilliseconds = 1000L * Policy.KeepLosersSeconds,
            MergeRule = Policy.Conflicts == ConflictRule.Merge ? _rule ??= _node.Host.MergeRuleOf(Policy.MergeName!, Policy.MergeScript ?? "") : null,
            Rules = _node.Rules.Merging,
        };
        var beside = _machines.Count > 0 ? _machines.Values[0] : null;
        var machine = new MergingMachine(options, _node.Options.Self, _incarnation, _router, beside: beside);
        machine.Store.OnConflict = key => ConflictNews.Publish(_node, _group, key);
        _machines[partition] = machine;
        return _node.Options.Observe is { } observe ? observe(_group, partition, machine) : machine;
    }

    /// <summary>What the map says; null as long as this node has not heard it.</summary>
    private string? RegionOf(NodeId id) => _node.Control?.Map.Node(id) is { } entry ? entry.Labels.Of("region") ?? "" : null;
}
