using Quorate.Cluster.Forwarding;
using Quorate.Cluster.Hosting;
using Quorate.Cluster.Merging;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Groups;

/// <summary>A replica without one order of all writes: it takes any command, reads too, in the order in which they are handed in,
/// and asks others where its strategy wants that.</summary>
internal sealed class MergingGroup : Group, IAnswering, IMergingReplica
{
    private readonly MergingOutgoing _outgoing;
    private readonly Policy _policy;
    private readonly PendingReplies _replies;
    private readonly MergingContents _contents;
    private readonly bool _readsWaitForWrites;
    private byte[] _entry = new byte[256];

    /// <param name="id">Which group.</param>
    /// <param name="node">Where.</param>
    /// <param name="policy">As it is now: replica and contents keep it.</param>
    /// <param name="members">The group's members when the replica is made.</param>
    /// <param name="before">What stood for the group on this node until now: what it forwarded and has no answer to goes on
    /// here.</param>
    public MergingGroup(GroupId id, IGroupsNode node, Policy policy, IReadOnlyList<NodeId> members, Group? before)
        : base(id, node, policy, Succession.ToMerging(before, policy, node))
    {
        (_outgoing, _policy) = ((MergingOutgoing)Outgoing, policy);
        Commands = new MergingCommands(policy);
        _readsWaitForWrites = Row.ReadsWaitForWrites;
        _replies = new PendingReplies(this);
        _contents = new MergingContents(id, node, policy, _replies);
        Configured = _contents.MakeReplica(members);
        _outgoing.Settle(this);
    }

    public override IReplica Replica => Configured;

    public override bool IsAbsent => false;

    public override IConfiguredReplica Configured { get; }

    public override IEnumerable<MergingMachine> Stores => _contents.Machines;

    public override GroupCommands Commands { get; }

    /// <inheritdoc/>
    public bool Serves => Replica.IsLeader;

    /// <inheritdoc/>
    /// <remarks>A read might be answered by replicas that have not heard of a write sent just before it. A leader among many
    /// answers both itself.</remarks>
    public override bool ReadsFollowWrites => _readsWaitForWrites || !Replica.IsLeader;

    protected override long Reign => Configured.Configuration?.Epoch.Value ?? 0;

    public override void Take(IAsker session, long slot, int database, CommandSpec spec, in CommandArgs args, StepTime now)
    {
        if (!Replica.IsLeader)
        {
            Outgoing.Enqueue(session, slot, database, spec, args, now);
            return;
        }

        var length = QuorumWords.WriteEntry(_policy, ref _entry, args, session.Protocol, now, out var command);
        var isRead = spec.Route == CommandRoute.Read;
        Ask(
            _replies.Requests.Add(RequestOwner.Client, session, slot), isRead, KeyHashOf(spec, command), _entry.AsSpan(0, length),
            now);
        if (_entry.Length > 1 << 20) _entry = new byte[256];
    }

    /// <inheritdoc/>
    /// <remarks>What this version does not know is no read: the machine answers it.</remarks>
    public void Take(NodeId origin, long session, long sequence, in CommandArgs command, ReadOnlySpan<byte> entry, StepTime now)
    {
        var spec = Commands.Find(command);
        var isRead = spec is { Route: CommandRoute.Read };
        var id = _replies.Requests.Add(isRead ? RequestOwner.PeerRead : RequestOwner.Peer, null, sequence, origin, session);
        Ask(id, isRead, spec is null ? 0 : KeyHashOf(spec, command), entry, now);
    }

    public override ulong KeyHashOf(CommandSpec spec, in CommandArgs args)
    {
        if (spec.FirstKey <= 0 || args.Count <= spec.FirstKey) return 0;
        var last = spec.LastKey < 0 ? args.Count + spec.LastKey : spec.LastKey;
        return last < spec.FirstKey + Math.Max(1, spec.KeyStep) ? Hash.Of(args[spec.FirstKey]) : 0;
    }

    public override bool Foresee(int database, ReadOnlySpan<byte> key) => Replica.IsLeader && _contents.Foresee(key);

    public override bool OnRequests(NodeId from, ForwardRequests requests, StepTime now) =>
        _outgoing.OnRequests(from, requests, now);

    public override void OnOutcome(RequestId id, in Outcome outcome)
    {
        if (!_replies.TryEnd(id, outcome, out var request)) return;
        if (request.Owner == RequestOwner.Client) request.Session!.OnOutcome(request.Sequence, outcome);
        else Answer(request, Replies.OfMerging(outcome, request.Owner == RequestOwner.PeerRead));
    }

    public void Answer(in PendingRequest request, ReadOnlySpan<byte> reply)
    {
        if (request.Owner == RequestOwner.Client) request.Session!.CompleteSlot(request.Sequence, reply);
        else _outgoing.Answers.Reply(request.Origin, request.OriginSession, request.Sequence, Reached, reply);
    }

    public void OnBallot(LogIndex index, in EntryHeader entry, ReadOnlySpan<byte> result) =>
        throw new InvariantViolation("replicas whose data merges cast no ballots");

    private void Ask(RequestId id, bool isRead, ulong keyHash, ReadOnlySpan<byte> entry, StepTime now)
    {
        var kind = isRead ? RequestKind.Read : RequestKind.Write;
        Replica.OnRequest(new ReplicaRequest { Id = id, Kind = kind, Payload = entry, KeyHash = keyHash }, now, Effects);
        NeedsTurnEnd();
    }
}
