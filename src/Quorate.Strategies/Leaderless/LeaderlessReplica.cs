using System.Buffers;
using System.Text;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.Leaderless;

/// <summary>One node's replica of a leaderless group: the way in, and what its parts share. See
/// <see cref="Leaderless"/>.</summary>
public sealed class LeaderlessReplica : IConfiguredReplica
{
    private readonly List<(NodeId To, Partition? About, Message Message)> _posted = [];
    private readonly List<(RequestId Request, Outcome Outcome, Partition? About)> _replies = [];
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private readonly Recovery _recovery;
    private int _nextExpired;

    /// <param name="machineOfPartition">Asked at most once in the life of a replica for each partition, 0 and up; makes an empty
    /// machine with dots of this node and <paramref name="incarnation"/>.</param>
    /// <param name="keys">Looks into commands.</param>
    /// <param name="incarnation">How often the node has been started, counted durably, 1 and up.</param>
    /// <exception cref="InvariantViolation">when the options make no sense together.</exception>
    public LeaderlessReplica(
        NodeId self,
        LeaderlessOptions options, Func<int, IMergeMachine> machineOfPartition, ICommandKeys keys, ISnapshots snapshots,
        long incarnation, ulong seed, LeaderlessRules? rules = null)
    {
        Invariant.Require(options.Refusal is null, options.Refusal ?? "options make sense");
        Invariant.Require(incarnation > 0, "a node that runs was started");
        (Self, Options, Keys, Snapshots, Incarnation, Rules) = (
            self, options, keys, snapshots, incarnation, rules ?? LeaderlessRules.Paper);
        Membership = new Membership(this, machineOfPartition, seed);
        Partitions = new Partition?[options.Partitions];
        Placement = new Placement(options.N, options.Partitions);
        Journal = new LeaderlessJournal(this);
        Hints = new Hints(this);
        Coordinator = new Coordinator(this);
        Requests = new Requests(this);
        Receiver = new Receiver(this);
        Feeder = new Feeder(this);
        AntiEntropy = new AntiEntropy(this);
        SnapshotMaker = new SnapshotMaker(this);
        _recovery = new Recovery(this);
        _recovery.LoadSnapshot();
    }

    internal NodeId Self { get; }

    internal LeaderlessOptions Options { get; }

    internal ICommandKeys Keys { get; }

    internal ISnapshots Snapshots { get; }

    internal long Incarnation { get; }

    internal LeaderlessRules Rules { get; }

    internal Partition?[] Partitions { get; }

    internal Placement Placement { get; }

    internal LeaderlessJournal Journal { get; }

    internal Hints Hints { get; }

    internal Coordinator Coordinator { get; }

    internal Membership Membership { get; }

    internal Requests Requests { get; }

    internal Receiver Receiver { get; }

    internal Feeder Feeder { get; }

    internal AntiEntropy AntiEntropy { get; }

    internal SnapshotMaker SnapshotMaker { get; }

    /// <summary>Ticks since the start.</summary>
    internal long Tick { get; private set; }

    internal StepTime Now { get; private set; }

    internal Effects Out { get; private set; } = null!;

    public LeaderlessStatistics Statistics { get; } = new();

    public LeaderlessStatus Status => StatusReport.Of(this);

    /// <inheritdoc/>
    public RepairFigures Repairs
    {
        get
        {
            var status = Status;
            return new RepairFigures(Statistics.TooFarAhead, status.Hints.Kept, status.UnrepairedMilliseconds ?? -1);
        }
    }

    public GroupConfiguration? Configuration => Placement.Accepted;

    /// <summary>Complete means every partition of which this member is a holder; the indices say nothing here.</summary>
    public ReplicaReport Report => new(
        Journal.PlacePoint <= Journal.Durable ? Placement.Accepted?.Epoch ?? default : default,
        default, default, default, Array.Exists(Partitions, p => p is { IsHeld: true } && !IsComplete(p)));

    /// <summary>A member that was made a learner wants to leave when it has given everything away.</summary>
    public GroupConfiguration? Wanted =>
        Placement.Accepted is { } accepted && accepted.Learners.Contains(Self) && !accepted.InSync.Contains(Self)
        && Placement is { KnowsPast: true, Generations.Count: 1 }
            && Hints.Count == 0 && !Array.Exists(Partitions, p => p is { IsHeld: true })
            ? accepted with { Epoch = accepted.Epoch.Next, Learners = [.. accepted.Learners.Where(n => n != Self)] }
            : null;

    /// <summary>None: there is no leader.</summary>
    public NodeId Leader => NodeId.None;

    /// <summary>Every member takes writes.</summary>
    public bool IsLeader => Placement.Accepted is not null;

    public bool Recover(ReadOnlySpan<byte> record, PersistPoint point) => _recovery.TryAccept(record, point);

    public void Start(StepTime now, Effects effects)
    {
        Invariant.Require(!_recovery.IsDamaged, "the snapshot can be read; otherwise the replica begins as an empty one");
        Enter(now, effects);
        Membership.Start(_recovery.WasJournaled);
    }

    public void OnRequest(in ReplicaRequest request, StepTime now, Effects effects)
    {
        Enter(now, effects);
        if (request.Kind is RequestKind.Write or RequestKind.Read)
            Requests.Begin(new Asker { Request = request.Id }, request.Payload);
        else effects.Reply(
            request.Id, Outcome.Unavailable("a leaderless keyspace has no leader; the control plane changes its members"));
    }

    public void OnMessage(NodeId from, Message message, StepTime now, Effects effects)
    {
        Enter(now, effects);
        if (PeerOf(from) is not { } peer) return;
        peer.Heard(Tick);
        switch (message)
        {
            case Ping ping:
                Membership.OnPing(peer, ping);
                break;
            case Store store: Receiver.OnStore(from, store); break;
            case Stored stored: peer.Outbox.OnStored(stored); break;
            case Query query: Receiver.OnQuery(from, query); break;
            case State state: Coordinator.OnState(from, state); break;
            case Coordinate coordinate: Requests.OnCoordinate(from, coordinate); break;
            case CoordinateReply reply: Requests.OnCoordinateReply(from, reply); break;
            case Compare compare: Feeder.OnCompare(from, compare); break;
            case Compared compared: AntiEntropy.OnCompared(from, compared); break;
        }
    }

    public void OnTick(StepTime now, Effects effects)
    {
        Enter(now, effects);
        Tick++;
        if (Placement.Accepted is null) return;
        Membership.OnTick();
        Coordinator.OnTick();
        Requests.OnTick();
        Hints.OnTick();
        AntiEntropy.OnTick();
        RemoveExpired();
        SnapshotMaker.BeginIfDue();
    }

    public void OnPersisted(PersistPoint durable, StepTime now, Effects effects)
    {
        Enter(now, effects);
        Journal.OnPersisted(durable);
    }

    public void OnSnapshotSealed(LogIndex index, bool saved, StepTime now, Effects effects)
    {
        Enter(now, effects);
        SnapshotMaker.OnSealed(index, saved);
    }

    /// <summary>Everything of the turn leaves here, after the journal has been given what it speaks of.</summary>
    public void OnTurnEnd(StepTime now, Effects effects)
    {
        Enter(now, effects);
        Journal.Flush(effects);
        foreach (var partition in Partitions)
            Invariant.Require(partition is not { IsTouched: true }, "the updates that a turn took in are journaled at its end");
        foreach (var node in Placement.Everybody) PeerOf(node)?.Outbox.Send();
        Receiver.Send();
        foreach (var (to, about, message) in _posted) effects.Send(to, message, Journal.AfterPoint(about));
        foreach (var (request, outcome, about) in _replies)
            effects.Reply(request, outcome, about is null ? Journal.AfterAll : Journal.AfterPoint(about));
        _posted.Clear();
        _replies.Clear();
        SnapshotMaker.Work();
    }

    /// <summary>False: every read goes through <see cref="OnRequest"/>.</summary>
    public bool MayReadLocally(StepTime now) => false;

    public void OnConfiguration(GroupConfiguration configuration, StepTime now, Effects effects)
    {
        Enter(now, effects);
        Membership.Accept(configuration);
    }

    /// <summary>Nothing here hangs on a lease.</summary>
    public void OnLease(Epoch epoch, long untilNanoseconds, StepTime now, Effects effects)
    {
    }

    public void Describe(StringBuilder text) => StatusReport.Describe(this, text);

    public void CheckInvariants()
    {
        Hints.CheckInvariants();
        foreach (var partition in Partitions)
        {
            if (partition is null) continue;
            Invariant.Require(
                partition.Machine.Seen.ToVersionVector().Covers(partition.Machine.Stable),
                "this holder has seen every update that all have seen");
        }

        Invariant.Require(Coordinator.Count + Requests.Count <= Options.MaxRequests * 2, "requests that wait are bounded");
    }

    internal Peer? PeerOf(NodeId node) => Membership.PeerOf(node);

    internal bool IsUp(NodeId node) => Membership.IsUp(node);

    /// <summary>At the end of the turn, when what the partition has taken in is durable.</summary>
    internal void Post(NodeId to, Partition? about, Message message) => _posted.Add((to, about, message));

    /// <summary>Tells the member that asked; at the end of the turn, when what the partition has taken in is durable.</summary>
    internal void Answer(in Asker asker, in Outcome outcome, ReadOnlySpan<byte> reply, Partition? about)
    {
        if (asker.Whole is { } whole)
        {
            Requests.OnPart(whole, asker.Part, outcome, reply);
            return;
        }

        if (!asker.Node.IsNone)
        {
            var body = outcome.Kind == OutcomeKind.Done ? reply.ToArray() : Encoding.UTF8.GetBytes(outcome.Why ?? "");
            Post(
                asker.Node, about,
                new CoordinateReply
                {
                    Number = asker.Number,
                    Incarnation = asker.Incarnation,
                    Outcome = outcome.Kind,
                    Reply = body,
                });
            return;
        }

        if (outcome.Kind == OutcomeKind.Done) Membership.AnyMachine.Keep(asker.Request, reply);
        _replies.Add((asker.Request, outcome, about));
    }

    /// <summary>False: it cannot be taken now.</summary>
    internal bool TryTakeIn(Partition partition, ReadOnlySpan<byte> bytes)
    {
        var result = partition.Machine.TryMerge(bytes, Now);
        if (result.Kind == MergeKind.TooFarAhead) Statistics.TooFarAhead++;
        if (result.Kind == MergeKind.Known) return true;
        if (result.Kind != MergeKind.Merged) return false;
        Statistics.SiblingsSeen += result.Conflicts;
        Journal.Merge(partition, bytes);
        return true;
    }

    /// <summary>To every other holder; no request waits for it.</summary>
    internal void Broadcast(Partition partition, ReadOnlySpan<byte> delta)
    {
        var bytes = delta.ToArray();
        foreach (var node in Placement.HoldersOf(partition.Index)!.All)
        {
            if (node == Self || !IsUp(node)) continue;
            PeerOf(node)!.Outbox.Add(
                new OutEntry { Partition = partition.Index, Bytes = bytes, Until = Tick + Options.PatienceTicks });
        }
    }

    /// <summary>Why a request cannot succeed now; null: it may.</summary>
    internal string? WhyNot(Holders holders, bool isWrite, bool isExact, int r, int w)
    {
        var up = 0UL;
        foreach (var node in holders.All) if (IsUp(node)) up |= holders.BitOf(node);
        if ((!isWrite || isExact) && !holders.HasQuorum(up, r)) return $"fewer than {r} holders of the key are up";
        if (!isWrite && !isExact) return null;
        var writable = up;
        var standIns = Options.Sloppy ? StandInsFor(holders) : 0;
        foreach (var node in holders.All)
        {
            if (standIns == 0) break;
            if ((writable & holders.BitOf(node)) != 0) continue;
            writable |= holders.BitOf(node);
            standIns--;
        }

        if (!holders.HasQuorum(writable, w)) return $"fewer than {w} holders of the key are up";
        var unconfirmed = 0L;
        foreach (var node in holders.All) unconfirmed += PeerOf(node)?.Outbox.Bytes ?? 0;
        return isWrite && unconfirmed > Options.MaxUnconfirmedBytes ? "too much is on its way to other holders" : null;
    }

    private int StandInsFor(Holders holders)
    {
        var count = 0;
        foreach (var node in holders.Preference) if (!holders.Contains(node) && IsUp(node)) count++;
        return count;
    }

    internal void OnConfirmed(NodeId node, OutEntry entry)
    {
        if (entry.Hint != 0) Hints.OnConfirmed(entry.Hint);
        if (entry.Operation != 0) Coordinator.OnConfirmed(node, entry);
    }

    /// <summary>It counts for reads.</summary>
    internal bool IsComplete(Partition partition) => (partition.IsComplete && Placement.KnowsPast) || Rules.CountsWithoutMemory;

    /// <summary>It counts for a read by these holders: a new one does beside the older ones, which have what it may
    /// lack.</summary>
    internal bool Counts(Partition partition, Holders holders) =>
        IsComplete(partition) || (partition.IsNew && Placement.KnowsPast && holders.IsNewcomer(Self));

    private void Enter(StepTime now, Effects effects) => (Now, Out) = (now, effects);

    private void RemoveExpired()
    {
        _nextExpired = (_nextExpired + 1) % Partitions.Length;
        if (Partitions[_nextExpired] is not { IsHeld: true } partition) return;
        _scratch.ResetWrittenCount();
        if (!partition.Machine.RemoveExpired(Now, Options.MaxExpiredPerTick, _scratch)) return;
        Journal.Merge(partition, _scratch.WrittenSpan);
        Broadcast(partition, _scratch.WrittenSpan);
    }
}
