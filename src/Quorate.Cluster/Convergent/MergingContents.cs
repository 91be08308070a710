using Quorate.Data.Commands;
using Quorate.Data.Merging;
using Quorate.Data.Registers;
using Quorate.Replication;
using Quorate.Resp;
using Quorate.Strategies.CasPaxos;
using Quorate.Strategies.Leaderless;
using Quorate.Strategies.MultiLeader;

namespace Quorate.Cluster.Convergent;

/// <summary>
/// What a group without one order of all writes has in place of a log: its contents, and the commands that are on their way to a
/// replica. Any replica takes any command, reads too, in the order in which it is handed in.
/// </summary>
internal sealed class MergingContents
{
    private static readonly CommandTable Registers = new(RegisterTable.Keyspace, KeyspaceKind.Agreed);

    private readonly SortedList<int, MergingMachine> _machines = []; // by partition
    private readonly Group _group;
    private readonly Node _node;
    private readonly long _incarnation;
    private IMergeRule? _rule;
    private byte[] _entry = new byte[256];
    private int _partitions = 1;

    /// <param name="group">Whose contents.</param>
    /// <param name="node">Where.</param>
    /// <param name="policy">As it was when the replica was made.</param>
    /// <param name="before">What stood for the group on this node until now: what it forwarded goes on here.</param>
    public MergingContents(Group group, Node node, Policy policy, MergingContents? before)
    {
        (_group, _node, Policy, _incarnation) = (group, node, policy, node.Holdings.Incarnation);
        Forwarder = before?.Forwarder ?? new CommandForwarder(group, node);
        Forwarder.MoveTo(group);
        Inbox = before?.Inbox ?? new CommandInbox(group, node);
        Inbox.MoveTo(group);
    }

    public Policy Policy { get; }

    public CommandTable Commands => Policy.Consensus ? Registers : MergingMachine.Commands;

    /// <summary>The stores of this node's replica: one, or one for each partition that it holds; none where keys are agreed on.</summary>
    public IEnumerable<MergingMachine> Machines => _machines.Values;

    public CommandForwarder Forwarder { get; }

    public CommandInbox Inbox { get; }

    /// <summary>There is a replica here, and it takes commands.</summary>
    public bool Serves => !_group.IsAbsent && _group.Replica.IsLeader;

    /// <summary>True when a read might be answered by replicas that have not heard of a write sent just before it: it waits
    /// until that is answered. A leader among many answers both itself.</summary>
    public bool ReadsFollowWrites => Policy.Strategy == Strategy.Leaderless || !Serves;

    public IConfiguredReplica MakeReplica()
    {
        var options = _node.Options;
        if (options.MakeConvergent is { } make) return make(options, Policy, NewMachine(0));
        var snapshots = _node.Host.SnapshotsOf(_group.Id);
        var seed = options.Seed ^ (ulong)_group.Id.Value;
        if (Policy.Consensus)
        {
            var registers = options.CasPaxos.With(Policy) with { Acceptors = Policy.N };
            return new CasPaxosReplica(options.Self, registers, new RegisterMachine(_group), snapshots, _incarnation, seed, _node.Rules.CasPaxos);
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

    /// <summary>As <see cref="Foresight.Foresee"/>: writes too are executed here as they come.</summary>
    public int Foresee(ReadOnlySpan<byte> input)
    {
        if (_machines.Count == 0 || !Serves) return input.Length;
        var at = 0;
        for (var i = 0; i < IStateMachine.ForesightWindow; i++)
        {
            if (!TwoWordScan.TryReadThree(input[at..], out var key, out var length)) return i == 0 ? input.Length : at;
            if (length == input.Length) return length; // nothing to overlap with
            if (_machines.TryGetValue(_partitions == 1 ? 0 : CommandKeys.PartitionOf(key, _partitions), out var machine)) machine.Store.Foresee(key);
            at += length;
        }

        return at;
    }

    /// <summary>Hands a client's command to the replica that is here, or to one that is elsewhere.</summary>
    public void Take(ClientSession session, long slot, bool isRead, in CommandArgs args, StepTime now)
    {
        var command = QuorumWords.TakeOff(Policy, args, out var r, out var w);
        var length = QuorumWords.WriteEntry(ref _entry, now, session.Output.Protocol, command, r, w);
        if (Serves) Ask(_group.Requests.Add(RequestOwner.Client, session, slot), isRead, KeyHashOf(command), _entry.AsSpan(0, length), now);
        else Forwarder.Enqueue(session, slot, isRead, _entry.AsSpan(0, length), now);
        if (_entry.Length > 1 << 20) _entry = new byte[256];
    }

    public void Ask(RequestId id, bool isRead, ulong keyHash, ReadOnlySpan<byte> entry, StepTime now)
    {
        var kind = isRead ? RequestKind.Read : RequestKind.Write;
        _group.Replica.OnRequest(new ReplicaRequest { Id = id, Kind = kind, Payload = entry, KeyHash = keyHash }, now, _group.Effects);
        _group.NeedsTurnEnd();
    }

    /// <summary>The hash of the only key of a command, 0 when it has several or none.</summary>
    public ulong KeyHashOf(in CommandArgs args)
    {
        if (Node.FindIn(Commands, args) is not { FirstKey: > 0 } spec || args.Count <= spec.FirstKey) return 0;
        var last = spec.LastKey < 0 ? args.Count + spec.LastKey : spec.LastKey;
        return last < spec.FirstKey + Math.Max(1, spec.KeyStep) ? Hash.Of(args[spec.FirstKey]) : 0;
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
        var machine = new MergingMachine(options, _node.Options.Self, _incarnation, _group, beside: beside);
        machine.Store.OnConflict = key => ConflictNews.Publish(_node, _group.Id, key);
        _machines[partition] = machine;
        return _node.Options.Observe is { } observe ? observe(_group.Id, partition, machine) : machine;
    }

    /// <summary>What the map says; null as long as this node has not heard it.</summary>
    private string? RegionOf(NodeId id) => _node.Control?.Map.Node(id) is { } entry ? entry.Labels.Of("region") ?? "" : null;
}
