using System.Text;
using Quorate.Cluster.Control;
using Quorate.Cluster.Forwarding;
using Quorate.Cluster.Hosting;
using Quorate.Cluster.Reads;
using Quorate.Cluster.Voting;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Replication.Rows;
using Quorate.Resp;

namespace Quorate.Cluster.Groups;

/// <summary>
/// One group of keys as this node's sessions, its forwarding, its reads and its control see it, whatever stands behind it: a
/// replica that orders writes (<see cref="OrderedGroup"/>), one whose data merges (<see cref="MergingGroup"/>), or none
/// (<see cref="AbsentGroup"/>). What differs between them is a method here. One caller at a time.
/// </summary>
internal abstract class Group : IHosted, IForwardingGroup
{
    private (NodeId Leader, bool IsLeader, long Reign) _seen;
    private long _heardAt = -1;

    /// <param name="id">Which group.</param>
    /// <param name="node">Where.</param>
    /// <param name="policy">Null for the default group.</param>
    /// <param name="outgoing">What its clients asked of other nodes; it comes from the object that stood for the group until
    /// now.</param>
    protected Group(GroupId id, IGroupsNode node, Policy? policy, Outgoing outgoing)
    {
        (Node, Policy, Outgoing) = (node, policy, outgoing);
        Hosting = new HostedGroup(id, this, node);
        outgoing.MoveTo(this);
    }

    public GroupId Id => Hosting.Id;

    public HostedGroup Hosting { get; }

    public GroupEffects Effects => Hosting.Effects;

    public abstract IReplica Replica { get; }

    /// <summary>True when this node has no replica of the group, but forwards to those that have.</summary>
    public abstract bool IsAbsent { get; }

    /// <summary>As it was when the replica was made, but for how reads are answered, which follows the map. Null for the default
    /// group.</summary>
    public Policy? Policy { get; set; }

    /// <summary>Which commands the group's keyspace has, and how they go.</summary>
    public abstract GroupCommands Commands { get; }

    /// <summary>What this node's clients asked of the group and other nodes are to answer.</summary>
    public Outgoing Outgoing { get; }

    /// <summary>The newest configuration of the control plane that this node carried out; 0 before the first.</summary>
    public Epoch Epoch { get; set; }

    /// <summary>Of a group that elects for itself: the configuration that the control plane wishes for. Null before it is
    /// known.</summary>
    public GroupConfiguration? Wish { get; set; }

    /// <summary>The voters of a group that elects for itself are those that the control plane wishes for.</summary>
    public bool IsWishTrue { get; set; } = true;

    /// <summary>What the control leader was told last, while the group is quiet and so nothing changes.</summary>
    public GroupBeat? QuietBeat { get; set; }

    /// <summary>The row of the group's strategy.</summary>
    public StrategyEntry Row => Policy is null ? Node.Options.Strategies.Electing : Node.Options.Strategies.Of(Policy);

    /// <summary>Null when the control plane names the leader, when there is none, and when the group is absent.</summary>
    public virtual IElectingReplica? Electing => null;

    /// <summary>Null when the strategy elects its leader itself, and when the group is absent.</summary>
    public virtual IConfiguredReplica? Configured => null;

    /// <summary>The contents of a group with one order of all writes; null elsewhere.</summary>
    public virtual KeyspaceMachine? Machine => null;

    /// <summary>The stores of a group whose data merges; none elsewhere.</summary>
    public virtual IEnumerable<MergingMachine> Stores => [];

    /// <summary>Up to where the log is in <see cref="Machine"/>; 0 where there is none.</summary>
    public LogIndex LastApplied => Machine?.LastApplied ?? default;

    /// <inheritdoc/>
    public virtual bool IsQuiet => false;

    /// <summary>How far the state here is in the group's history.</summary>
    public HistoryPoint Reached => Replica.History?.Reached ?? default;

    /// <summary>Counts the changes of leader as this node saw them. Writes of one pipeline that go different ways could
    /// overtake each other, so a session goes on writing past an unanswered write only within one epoch of one group.</summary>
    public int PathEpoch { get; private set; }

    /// <summary>ok, or in a word why the state here is not trusted.</summary>
    public virtual string Trust => "ok";

    /// <summary>Null where replicas are not compared.</summary>
    public virtual VotingFigures? Figures => null;

    /// <summary>For the control plane: replicas that were found wrong.</summary>
    public virtual IReadOnlyList<NodeId> Diverged => [];

    /// <summary>The state here stays behind on purpose: it answers only clients that ask for whatever is here.</summary>
    public virtual bool IsDelayed => false;

    /// <summary>A read that is handed on waits until the writes of its session before it are answered.</summary>
    public virtual bool ReadsFollowWrites => false;

    /// <summary>How long ago the leader was last heard of; 0 on the leader, -1 when never in this life.</summary>
    public long MillisecondsSinceLeader(StepTime now) =>
        Replica.IsLeader ? 0 : _heardAt < 0 ? -1 : (now.Nanoseconds - HeardAt) / StepTime.NanosecondsPerMillisecond;

    protected IGroupsNode Node { get; }

    /// <summary>Grows with every term or epoch in which the group is led.</summary>
    protected virtual long Reign => 0;

    /// <summary>In a quiet group the leader's node speaks for it.</summary>
    private long HeardAt => Hosting.IsTicking ? _heardAt : Math.Max(_heardAt, Node.Watch.LastHeard(Replica.Leader));

    /// <summary>Takes a command of a client of this node that is to be handed to a replica, here or elsewhere. The reply comes to
    /// the session's slot.</summary>
    /// <param name="session">Whose command it is.</param>
    /// <param name="slot">Its place in the session's queue.</param>
    /// <param name="database">The keyspace's number within the group.</param>
    /// <param name="spec">The command that the words name.</param>
    /// <param name="args">The client's words, with what <see cref="GroupCommands.TakeOff"/> takes off.</param>
    /// <param name="now">The time of the step.</param>
    public abstract void Take(IAsker session, long slot, int database, CommandSpec spec, in CommandArgs args, StepTime now);

    /// <summary>The connection is gone: its outcomes are dropped.</summary>
    public void Forget(IAsker session) => Outgoing.Forget(session);

    /// <summary>What is to be done on this node with a read that a session executes itself.</summary>
    /// <param name="rule">What the read may return.</param>
    /// <param name="seen">What the connection has seen; null: nothing.</param>
    /// <param name="now">The time of the step.</param>
    public virtual ReadVerdict Judge(in ReadRule rule, SessionPositions? seen, StepTime now) => ReadVerdict.Elsewhere;

    /// <summary>Executes a read on the state here, which <see cref="Judge"/> has allowed.</summary>
    /// <returns>False: the log's clock is behind; the reply must be thrown away, and the read executed again after
    /// <see cref="WaitForClock"/>.</returns>
    public virtual bool TryRead(
        CommandSpec spec, int database, in CommandArgs args, RespWriter reply, in ReadRule rule, StepTime now) =>
        throw new InvariantViolation("a read is executed only where the state may be read");

    /// <summary>A state that the rule and the session allow was read: notes what the session has seen now.</summary>
    public virtual void NoteRead(SessionPositions seen)
    {
    }

    /// <summary>True when a held read is answered at the moment when the write before it is applied.</summary>
    public virtual bool ReadsKeepUp(StepTime now) => false;

    /// <summary>The session reads a key that has run out by the wall clock but not yet by the log's: it is stirred when that has
    /// moved on.</summary>
    public virtual void WaitForClock(IAsker session)
    {
    }

    /// <summary>Asks when the local state may be read.</summary>
    /// <param name="owner">The kind of asker.</param>
    /// <param name="session">The client's, if it is one.</param>
    /// <param name="sequence">Its slot, or the ticket.</param>
    /// <param name="keyHash">0 when all keys are meant; then the answer says how new the state is.</param>
    /// <param name="now">The time of the step.</param>
    public virtual void AskForLeave(RequestOwner owner, IAsker? session, long sequence, ulong keyHash, StepTime now) =>
        throw new InvariantViolation("leave to read is asked for only where there is a state");

    /// <summary>What tells clean keys from dirty ones: the hash of the only key of a command, 0 for a command of several keys or
    /// of none, which concerns them all, and where the strategy does not look at it.</summary>
    public virtual ulong KeyHashOf(CommandSpec spec, in CommandArgs args) => 0;

    /// <summary>A hint: a command on this key is about to be executed here. False: nothing is executed here.</summary>
    public virtual bool Foresee(int database, ReadOnlySpan<byte> key) => false;

    /// <summary>Commands that another node forwarded. False: the message makes no sense.</summary>
    public abstract bool OnRequests(NodeId from, ForwardRequests requests, StepTime now);

    /// <summary>The node to which commands were forwarded says nothing.</summary>
    public virtual void OnSilence(StepTime now)
    {
    }

    /// <summary>Replies to commands that this node forwarded. False: the message makes no sense.</summary>
    public bool OnForwardReplies(ForwardReplies message, StepTime now)
    {
        if (message.Session != Node.Life) return true; // meant for an earlier life
        var bytes = message.Replies;
        while (bytes.Length > 0)
        {
            if (!ForwardReplies.TryTake(ref bytes, out var sequence, out var point, out var reply)) return false;
            Outgoing.OnReply(sequence, point, reply.Span, now);
        }

        return true;
    }

    public virtual bool OnMessage(NodeId from, ushort kind, ReadOnlyMemory<byte> body, StepTime now)
    {
        switch (kind)
        {
            case ForwardRequests.WireKind:
                return ForwardRequests.TryDecode(body, out var requests) && OnRequests(from, requests!, now);
            case ForwardReplies.WireKind:
                return ForwardReplies.TryDecode(body, out var replies) && OnForwardReplies(replies!, now);
            case ForwardLife.WireKind:
                if (!ForwardLife.TryDecode(body, out var life)) return false;
                Outgoing.OnLife(from, life!.Life, now);
                return true;
            case ReadsAnswered.WireKind:
                return ReadsAnswered.TryDecode(body, out var answered) && OnReadsAnswered(from, answered!, now);
            case ForwardRedirect.WireKind:
                if (!ForwardRedirect.TryDecode(body, out var redirect)) return false;
                OnRedirect(from, redirect!.Leader, now);
                return true;
            case ReadsAsked.WireKind:
                return ReadsAsked.TryDecode(body, out var asked) && OnReadsAsked(from, asked!, now);
            case Ballots.WireKind or QuarantineOrder.WireKind:
                return true; // of a vote that began when a replica was still here
            default:
                if (!Node.Options.Strategies.TryDecode(kind, body, out var message)) return false;
                Replica.OnMessage(from, message!, now, Effects);
                if (from == Replica.Leader) _heardAt = now.Nanoseconds;
                AfterStep(now);
                return true;
        }
    }

    public abstract void OnOutcome(RequestId id, in Outcome outcome);

    public virtual void OnTick(StepTime now)
    {
        Replica.OnTick(now, Effects);
        AfterStep(now);
        Outgoing.OnTick(now);
    }

    public virtual void OnTurnEnd(StepTime now)
    {
        Replica.OnTurnEnd(now, Effects);
        AfterStep(now);
        Outgoing.Flush(now);
    }

    /// <summary>Notices that the leader changed.</summary>
    public void AfterStep(StepTime now)
    {
        var leads = (Replica.Leader, Replica.IsLeader, Reign);
        if (leads == _seen) return;
        _seen = leads;
        PathEpoch++;
        OnLeaderChanged();
        Outgoing.OnLeaderChanged(now);
        Node.OnLeaderChanged();
    }

    public void NeedsTurnEnd() => Hosting.NeedsTurnEnd();

    public void Describe(StringBuilder text)
    {
        text.Append(Id).Append(' ');
        Replica.Describe(text);
    }

    /// <summary>Reads that another node's clients ask of the replica here. False: the message makes no sense.</summary>
    protected virtual bool OnReadsAsked(NodeId from, ReadsAsked asked, StepTime now) => true;

    /// <summary>Another replica has answered reads. False: the message makes no sense.</summary>
    protected virtual bool OnReadsAnswered(NodeId from, ReadsAnswered answered, StepTime now) =>
        Outgoing.OnReads(from, answered, now);

    /// <summary>A member names the leader of the group.</summary>
    protected virtual void OnRedirect(NodeId from, NodeId leader, StepTime now)
    {
    }

    protected virtual void OnLeaderChanged()
    {
    }
}
