using System.Text;
using Quorate.Cluster.Commands;
using Quorate.Cluster.Reads;
using Quorate.Cluster.Sessions;
using Quorate.Cluster.Voting;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster;

/// <summary>
/// One client connection as the node sees it. Replies appear in <see cref="Output"/> in the order of the commands, whatever
/// way each command went: writes of a pipeline are handed on one after another without waiting, a read waits until
/// the writes before it are applied and then sees exactly them.
/// </summary>
public sealed class ClientSession
{
    private const int MostOutputBytes = 1 << 20;

    private bool _isHeldBack;
    private readonly SelectedKeyspace _selected;
    private readonly SlotQueue _slots = new();
    private readonly LocalExecution _local;
    private readonly MergingOrder _merging;
    private readonly Stack<HeldCommand> _spare = new();
    private int _barriers; // commands in the queue behind which no write may be handed on yet: anything held but a read
    private bool _isReady;

    internal ClientSession(Node node, long id, SessionState state)
    {
        (Node, Id, State, _local, _selected) = (node, id, state, new LocalExecution(this), new SelectedKeyspace(node, state));
        _merging = new MergingOrder(this, _slots);
        Reads = new SessionReads(this, _slots);
    }

    internal Node Node { get; }

    /// <summary>CLIENT ID: 1 and up, never reused while the node runs.</summary>
    public long Id { get; }

    /// <summary>Bytes for the client. The host takes them (and clears the writer) at the end of a turn.</summary>
    public RespWriter Output { get; } = new();

    /// <summary>True once the client asked to QUIT or broke the protocol, and all it was owed is in <see cref="Output"/>.</summary>
    public bool WantsClose => State.WantsClose && _slots.Count == 0;

    /// <summary>For the host: its own object for this connection.</summary>
    public object? HostState { get; set; }

    /// <summary>Commands taken but not yet answered; the host stops reading from a client that has too many.</summary>
    public int PendingCount => _slots.Count;

    internal SessionState State { get; }
    internal SessionReads Reads { get; }
    internal int Place { get; set; } = -1;
    internal bool IsGone { get; set; }

    /// <summary>The group that the selected keyspace's commands go to.</summary>
    internal Group Group => _selected.Look(mayMove: _slots.Count == 0);
    internal int Database => _selected.Database;

    /// <summary>What the session writes and reads is noted, because its reads go by it.</summary>
    internal bool FollowsHistory => _selected.FollowsHistory;

    /// <summary>False when the selected keyspace was dropped.</summary>
    internal bool HasKeyspace => Group is not null && _selected.Exists;

    /// <summary>Executes one command; its reply appears in <see cref="Output"/> now or in a later step, never out of order.</summary>
    public void Execute(in CommandArgs args, StepTime now)
    {
        if (State.WantsClose || args.Count == 0) return;
        Node.Now = now;
        Node.Statistics.CommandsProcessed++;
        var wasEmpty = Output.Length == 0;
        if (_merging.Find(args) is { } spec)
        {
            if (!IsRead(spec) || VotedReads.AreFor(_selected.Rule, spec)) TakeWrite(spec, args, now);
            else TakeRead(spec, args, _selected.Rule, now);
        }
        else if (TryTakeRuled(args, now))
        {
        }
        else if (_slots.Count == 0)
        {
            RunHere(args, now);
        }
        else
        {
            Hold(null, args, now);
        }

        if (wasEmpty && Output.Length > 0) Node.Host.OnSessionOutput(this);
    }

    /// <summary>The host has taken the <see cref="Output"/>: what was held back because of it may go on.</summary>
    public void OnOutputTaken()
    {
        if (_isHeldBack && !IsGone) MakeReady();
    }

    /// <summary>The bytes were not RESP: answers the protocol error after all earlier replies, then closes.</summary>
    public void ProtocolError(string error)
    {
        if (State.WantsClose) return;
        State.WantsClose = true;
        var reply = Encoding.UTF8.GetBytes("-ERR Protocol error: " + error + "\r\n");
        _slots.Push(new Slot { State = SlotState.Done, Reply = reply, SinceNanoseconds = Node.Now.Nanoseconds });
        Advance(inStep: true);
    }

    /// <summary>The writer for a slot's reply when nothing is owed before it.</summary>
    internal RespWriter? WriterFor(long slot) =>
        !IsGone && slot == _slots.Head && _slots.Count > 0 && _slots[slot] is { State: not SlotState.Done, IsSilent: false } ? Output : null;

    /// <summary>The reply of the first unanswered command has been written to <see cref="Output"/>.</summary>
    internal void OnHeadWritten()
    {
        PopHead();
        Node.Host.OnSessionOutput(this);
        Advance(inStep: true);
    }

    /// <summary>Answers the command at the head, without going on to the next.</summary>
    internal void AnswerHead(ReadOnlySpan<byte> reply)
    {
        if (!_slots[_slots.Head].IsSilent) Write(reply);
        PopHead();
        Node.Host.OnSessionOutput(this);
    }

    internal void CompleteSlot(long slot, ReadOnlySpan<byte> reply)
    {
        if (IsGone || !_slots.Contains(slot) || _slots[slot].State == SlotState.Done) return;
        ref var s = ref _slots[slot];
        if (s.IsSilent) reply = default;
        if (slot == _slots.Head)
        {
            Write(reply);
            OnHeadWritten();
            return;
        }

        s.State = SlotState.Done;
        s.Reply = reply.ToArray();
    }

    internal void OnOutcome(long slot, in Outcome outcome)
    {
        if (IsGone || !_slots.Contains(slot)) return;
        ref var s = ref _slots[slot];
        switch (s.State)
        {
            case SlotState.Writing:
                CompleteSlot(slot, Group.Merging is null ? Replies.OfWrite(outcome) : Replies.OfMerging(outcome, s.IsRead));
                break;
            case SlotState.Reading when outcome.Kind == OutcomeKind.ReadNow && slot == _slots.Head:
                Reads.OnLeave(Node.Now);
                Advance(inStep: true);
                break;
            case SlotState.Reading:
                s.State = SlotState.Held; // asked for again by the next tick or the next leader
                break;
        }
    }

    /// <summary>Tries again what waits, and gives up what has waited longer than <paramref name="limit"/> nanoseconds.</summary>
    internal void OnTick(StepTime now, long limit)
    {
        if (_local.IsWaiting) ContinueWaiting(now);
        else Advance(inStep: false);
        Reads.OnTick(now);
        while (_slots.Count > 0 && !_local.IsWaiting && !_isHeldBack && limit != long.MaxValue)
        {
            ref var head = ref _slots[_slots.Head];
            if (head.State == SlotState.Done || now.Nanoseconds - Math.Max(head.SinceNanoseconds, Node.Pause.Over) <= SessionReads.PatienceFor(head, limit)) break;
            if (IsRead(head.Spec)) Reads.Refuse(head);
            else CompleteSlot(_slots.Head, LateReply.Of(Group, this, _slots.Head, head));
        }
    }

    /// <summary>Begins what can begin. Never hands anything to a replica while that is in the middle of a step.</summary>
    internal void Advance(bool inStep)
    {
        _isHeldBack = false;
        while (_slots.Count > 0 && !_local.IsWaiting)
        {
            ref var head = ref _slots[_slots.Head];
            if (head.State == SlotState.Done)
            {
                Write(head.Reply);
                PopHead();
                Node.Host.OnSessionOutput(this);
            }
            else if (head.State != SlotState.Held || HoldsBack() || !TryBeginHead(ref head, inStep))
            {
                break;
            }
        }

        if (inStep)
        {
            if (_barriers > 0 && _slots.Count > 0 && !_isHeldBack) MakeReady();
        }
        else
        {
            HandOnWrites();
        }
    }

    /// <summary>The node can't serve any more: everything unanswered gets the answer that is true of it.</summary>
    internal void FailPending()
    {
        while (_slots.Count > 0 && !_local.IsWaiting)
        {
            ref var head = ref _slots[_slots.Head];
            if (head.State == SlotState.Done) Advance(inStep: true);
            else if (head.State == SlotState.Writing) CompleteSlot(_slots.Head, Replies.Uncertain("this node's journal failed"));
            else CompleteSlot(_slots.Head, Encoding.UTF8.GetBytes($"-{Node.Refusal}\r\n"));
        }
    }

    internal void OnReady()
    {
        _isReady = false;
        if (!IsGone) Advance(inStep: false);
    }

    private void TakeWrite(CommandSpec spec, in CommandArgs args, StepTime now)
    {
        var isSilent = State.BeginCommand(spec.Name, now);
        if (_barriers > 0 || _merging.MustWait(spec) || Node.Pause.HoldsWrites(now) || !_slots.MayWriteBehind(Group.PathEpoch, ReadsKeepUp))
        {
            Hold(Group.Merging is null ? VotedReads.InLineOf(spec) : spec, args, now, isSilent);
            return;
        }

        var isRead = spec.Route == CommandRoute.Read;
        var slot = _slots.Push(new Slot { SinceNanoseconds = now.Nanoseconds, IsSilent = isSilent });
        _merging.OnHandedOn(slot, ref _slots[slot], isRead);
        Group.Write(this, slot, Database, args, now, isRead);
    }

    private void TakeRead(CommandSpec spec, in CommandArgs args, in ReadRule rule, StepTime now)
    {
        var isSilent = State.BeginCommand(spec.Name, now);
        if (_slots.Count == 0 && !Node.Pause.HoldsReads(now) && (rule.IsNewest ? Group.Replica.MayReadLocally(now) : Reads.Judge(rule, now) == ReadVerdict.Now)
            && Reads.TryRead(spec, args, rule, isSilent, now)) return;
        Hold(spec, args, now, isSilent, rule);
        if (_slots.Count == 1) Advance(inStep: false);
    }

    /// <summary>READS &lt;rule&gt; &lt;command&gt;: one read by another rule than the session's.</summary>
    private bool TryTakeRuled(in CommandArgs args, StepTime now)
    {
        if (Group.Merging is not null || !ReadsCommands.TryPrefix(args, out var said, out var command) || Node.FindInKeyspace(command) is not { Route: CommandRoute.Read } spec) return false;
        if (!IsExecutable(spec, command)) return false;
        var rule = said ?? _selected.OwnRule;
        Reads.Follow(rule);
        TakeRead(spec, command, rule, now);
        return true;
    }

    private void Hold(CommandSpec? spec, in CommandArgs args, StepTime now, bool isSilent = false, in ReadRule rule = default)
    {
        var held = _spare.TryPop(out var used) ? used : new HeldCommand();
        held.Hold(args);
        if (!IsRead(spec)) _barriers++;
        _slots.Push(new Slot { State = SlotState.Held, Command = held, Spec = spec, SinceNanoseconds = now.Nanoseconds, IsSilent = isSilent, Rule = rule });
        if (!IsRead(spec)) MakeReady();
    }

    /// <summary>A held read is answered the moment the write before it is applied, so later writes may be on their way. Where it
    /// has to be asked for first, a later write could be applied meanwhile, and be seen.</summary>
    private bool ReadsKeepUp => Group.Replica.IsLeader && Group.Replica.MayReadLocally(Node.Now);

    private bool IsRead(CommandSpec? spec) => _merging.IsRead(spec);

    private bool TryBeginHead(ref Slot head, bool inStep)
    {
        var now = Node.Now;
        if (IsRead(head.Spec) ? Node.Pause.HoldsReads(now) : head.Spec is not null && Node.Pause.HoldsWrites(now)) return false;
        if (IsRead(head.Spec) && Node.Refusal is null) return Reads.TryBegin(ref head, inStep, now);
        if (inStep)
        {
            MakeReady();
            return false;
        }

        if (_merging.IsHandedOn(head.Spec) && Node.Refusal is null)
        {
            StartHeldWrite(ref head, _slots.Head);
            return false;
        }

        var command = head.Command!;
        head.Command = null;
        _barriers--;
        _slots.Pop();
        var wasClosing = State.WantsClose;
        RunHere(command.Args, now);
        _spare.Push(command);
        // QUIT: nothing that came after it is executed.
        if (!wasClosing && State.WantsClose)
            while (_slots.Count > 0) PopHead();
        Node.Host.OnSessionOutput(this);
        return true;
    }

    /// <summary>Hands on held writes that now follow only writes of the same way (and reads).</summary>
    private void HandOnWrites()
    {
        if (_barriers == 0 || Node.Pause.HoldsWrites(Node.Now)) return;
        for (var s = _slots.Head; s < _slots.End; s++)
        {
            ref var slot = ref _slots[s];
            if (slot.State == SlotState.Reading) return;
            if (slot.State == SlotState.Writing && slot.PathEpoch != Group.PathEpoch) return;
            if (slot.State != SlotState.Held) continue;
            if (IsRead(slot.Spec))
            {
                if (ReadsKeepUp) continue;
                return;
            }

            if (!_merging.IsHandedOn(slot.Spec) || _merging.MustWait(slot.Spec!) || Node.Refusal is not null) return;
            StartHeldWrite(ref slot, s);
        }
    }

    private void StartHeldWrite(ref Slot slot, long sequence)
    {
        var command = slot.Command!;
        slot.Command = null;
        _merging.OnHandedOn(sequence, ref slot, slot.Spec is { Route: CommandRoute.Read });
        _barriers--;
        Group.Write(this, sequence, Database, command.Args, Node.Now, slot.IsRead);
        _spare.Push(command);
    }

    /// <summary>True for a command of the keyspace that can go its way; the others are answered by this node alone.</summary>
    internal bool IsExecutable(CommandSpec spec, in CommandArgs args) =>
        spec.Route != CommandRoute.Node && spec.AcceptsCount(args.Count) && Node.Refusal is null && !State.IsSubscriberOnly && HasKeyspace;

    private void RunHere(in CommandArgs args, StepTime now)
    {
        _local.Run(args, now);
        if (State.HasMoved)
        {
            _selected.Refresh();
            _barriers = _merging.Reconsider();
        }

        if (!_local.IsWaiting) return;
        // A place at the head of the queue keeps later replies behind the one that comes later.
        _barriers++;
        _slots.PushFront(new Slot { State = SlotState.Held, SinceNanoseconds = now.Nanoseconds });
    }

    private void ContinueWaiting(StepTime now)
    {
        if (!_local.TryContinue(now)) return;
        _barriers--;
        _slots.Pop();
        Node.Host.OnSessionOutput(this);
        Advance(inStep: false);
    }

    internal void PopHead()
    {
        ref var head = ref _slots[_slots.Head];
        if (head.Command is { } command)
        {
            _spare.Push(command);
            if (!IsRead(head.Spec)) _barriers--;
        }

        _slots.Pop();
    }

    /// <summary>A client that does not read its replies gets no more for now: a hundred thousand held reads of a great value
    /// would fill the memory.</summary>
    internal bool HoldsBack() => _isHeldBack = Output.Length > MostOutputBytes;

    internal void MakeReady()
    {
        if (_isReady) return;
        _isReady = true;
        Node.AddReady(this);
    }

    private void Write(ReadOnlySpan<byte> reply)
    {
        if (reply.Length > 0 && reply[0] == (byte)'-') Node.Statistics.CountError(reply[1..]);
        Output.Raw(reply);
    }
}
