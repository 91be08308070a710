using Quorate.Data;
using Quorate.Data.Merging;
using Quorate.Data.Registers;
using Quorate.Replication;

namespace Quorate.Cluster.Groups;

/// <summary>The contents of a replica whose data merges: a store, or one for each partition that it holds, and how the replica
/// that fills them is made.</summary>
internal sealed class MergingContents
{
    private readonly SortedList<int, MergingMachine> _machines = []; // by partition
    private readonly GroupId _group;
    private readonly IGroupsNode _node;
    private readonly IReplyRouter _router;
    private readonly long _incarnation;
    private IMergeRule? _rule;
    private int _partitions = 1;

    /// <param name="group">Whose contents.</param>
    /// <param name="node">Where.</param>
    /// <param name="policy">As it was when the replica was made.</param>
    /// <param name="router">Takes the replies.</param>
    public MergingContents(GroupId group, IGroupsNode node, Policy policy, IReplyRouter router) =>
        (_group, _node, Policy, _router, _incarnation) = (group, node, policy, router, node.Holdings.Incarnation);

    public Policy Policy { get; }

    /// <summary>The stores of this node's replica: one, or one for each partition that it holds; none where keys are agreed
    /// on.</summary>
    public IEnumerable<MergingMachine> Machines => _machines.Values;

    /// <param name="members">The group's members now.</param>
    public IConfiguredReplica MakeReplica(IReadOnlyList<NodeId> members)
    {
        var row = _node.Options.Strategies.Of(Policy);
        _partitions = row.PartitionsBy(_node.Options.Settings);
        var setup = _node.SetupOf(_group, Policy, members, Policy.Durability != Durability.Memory) with
        {
            MergeMachine = NewMachine,
            RegisterMachine = () => new RegisterMachine(_router),
        };
        return (IConfiguredReplica)row.MakeReplica(setup);
    }

    /// <summary>See <see cref="Group.Foresee"/>.</summary>
    public bool Foresee(ReadOnlySpan<byte> key)
    {
        if (_machines.Count == 0) return false;
        if (_machines.TryGetValue(_partitions == 1 ? 0 : CommandKeys.PartitionOf(key, _partitions), out var machine))
            machine.Store.Foresee(key);
        return true;
    }

    private IMergeMachine NewMachine(int partition)
    {
        var options = _node.Options.Merging with
        {
            Conflicts = Policy.Conflicts,
            LossesKeptMilliseconds = 1000L * Policy.KeepLosersSeconds,
            MergeRule = Policy.Conflicts == ConflictRule.Merge
                ? _rule ??= _node.Host.MergeRuleOf(Policy.MergeName!, Policy.MergeScript ?? "") : null,
            Rules = _node.Rules.Merging,
        };
        var beside = _machines.Count > 0 ? _machines.Values[0] : null;
        var machine = new MergingMachine(options, _node.Options.Self, _incarnation, _router, beside: beside);
        machine.Store.OnConflict = key => _node.OnConflict(_group, key);
        _machines[partition] = machine;
        return _node.Options.Observe is { } observe ? observe(_group, partition, machine) : machine;
    }
}
