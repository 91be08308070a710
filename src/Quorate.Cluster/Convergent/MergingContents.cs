using Quorate.Data;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Convergent;

/// <summary>
/// What a group whose data merges has in place of a log: its contents, and the commands that are on their way to a replica.
/// Any replica executes any command, reads too, in the order in which it is handed in.
/// </summary>
internal sealed class MergingContents
{
    private readonly Group _group;
    private readonly Node _node;
    private ConvergentMachine? _machine;
    private byte[] _entry = new byte[256];

    /// <param name="group">Whose contents.</param>
    /// <param name="node">Where.</param>
    /// <param name="policy">As it was when the replica was made.</param>
    /// <param name="before">What stood for the group on this node until now: what it forwarded goes on here.</param>
    public MergingContents(Group group, Node node, Policy policy, MergingContents? before)
    {
        (_group, _node, Policy) = (group, node, policy);
        Forwarder = before?.Forwarder ?? new CommandForwarder(group, node);
        Forwarder.MoveTo(group);
        Inbox = new CommandInbox(group);
    }

    public Policy Policy { get; }

    public CommandTable Commands => ConvergentMachine.Commands;

    /// <summary>Made when the replica is, so that a node without one pays nothing.</summary>
    public ConvergentMachine Machine => _machine ??= new ConvergentMachine(Options(), _node.Options.Self, _node.Options.Incarnation, _group);

    /// <summary>Null where this node holds no replica.</summary>
    public ConvergentMachine? MachineHere => _machine;

    public CommandForwarder Forwarder { get; }

    public CommandInbox Inbox { get; }

    /// <summary>True when a read might be answered by replicas that have not heard of a write sent just before it: it waits
    /// until that is answered. A leader among many answers both itself.</summary>
    public bool ReadsFollowWrites => Policy.Strategy == Strategy.Leaderless || _group.IsAbsent;

    /// <summary>Hands a client's command to the replica that is here, or to one that is elsewhere.</summary>
    public void Take(ClientSession session, long slot, bool isRead, in CommandArgs args, StepTime now)
    {
        if (_group.IsAbsent)
        {
            Forwarder.Enqueue(session, slot, isRead, args, now);
            return;
        }

        var length = EntryCodec.WriteCommand(ref _entry, now.UnixMilliseconds, 0, session.Output.Protocol, args);
        Ask(_group.Requests.Add(RequestOwner.Client, session, slot), isRead, KeyHashOf(args), _entry.AsSpan(0, length), now);
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

    private MergeStoreOptions Options() => new()
    {
        Conflicts = Policy.Conflicts,
        MergeRule = Policy.Conflicts == ConflictRule.Merge ? _node.Host.MergeRuleOf(Policy.MergeName!, Policy.MergeScript ?? "") : null,
    };
}
