using System.Diagnostics.CodeAnalysis;
using System.Text;
using Quorate.Cluster.Commands;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Reads;
using Quorate.Data;
using Quorate.Data.Commands;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Sessions;

/// <summary>
/// One client connection as the node sees it. Replies appear in <see cref="Output"/> in the order of the commands, whatever
/// way each command went: writes of a pipeline are handed on one after another without waiting, a read waits until
/// the writes before it are applied and then sees exactly them.
/// </summary>
public sealed class ClientSession : IClient
{
    private const int MostOutputBytes = 1 << 20;

    private bool _isHeldBack;
    private readonly SelectedKeyspace _selected;
    private readonly SlotQueue _slots = new();
    private readonly LocalExecution _local;
    private readonly SessionWrites _writes;
    private readonly Stack<HeldCommand> _spare = new();
    private int _barriers; // see HasBarrier
    private bool _isReady;

    internal ClientSession(ISessionNode node, long id, SessionState state)
    {
        (Node, Id, State, _local, _selected) = (node, id, state, new LocalExecution(this), new SelectedKeyspace(node, state));
        _writes = new SessionWrites(this, _slots);
        Replies = new SessionReplies(this, _slots);
        Reads = new SessionReads(this, _slots);
    }

    internal ISessionNode Node { get; }

    /// <summary>CLIENT ID: 1 and up, never reused while the node runs.</summary>
    public long Id { get; }

    /// <summary>Bytes for the client. The host takes them (and clears the writer) at the end of a turn.</summary>
    public RespWriter Output { get; } = new();

    /// <summary>True once the client asked to QUIT or broke the protocol, and all it was owed is in
    /// <see cref="Output"/>.</summary>
    public bool WantsClose => State.WantsClose && _slots.Count == 0;

    /// <summary>For the host: its own object for this connection.</summary>
    public object? HostState { get; set; }

    /// <summary>Commands taken but not yet answered; the host stops reading from a client that has too many.</summary>
    public int PendingCount => _slots.Count;

    internal SessionState State { get; }

    /// <summary>The session as groups see it.</summary>
    internal SessionReplies Replies { get; }

    internal SessionReads Reads { get; }

    internal int Place { get; set; } = -1;
    internal bool IsGone { get; set; }

    /// <summary>What the session has selected; it stays the same as long as commands are unanswered.</summary>
    internal KeyspaceGroups Keyspace
    {
        get
        {
            if (_slots.Count == 0) _selected.Refresh();
            return _selected.Groups;
        }
    }

    /// <summary>The same, for a command that has found its way there.</summary>
    internal KeyspaceGroups Selected => _selected.Groups;

    /// <summary>What the session writes and reads is noted, because its reads go by it.</summary>
    internal bool FollowsHistory => _selected.FollowsHistory;

    /// <summary>False when the selected keyspace was dropped.</summary>
    internal bool HasKeyspace => _selected.Exists;

    /// <summary>Executes one command; its reply appears in <see cref="Output"/> now or in a later step, never out of
    /// order.</summary>
    public void Execute(in CommandArgs args, StepTime now)
    {
        if (State.WantsClose || args.Count == 0) return;
        Node.Now = now;
        Node.Statistics.CommandsProcessed++;
        var wasEmpty = Output.Length == 0;
        var keyspace = Keyspace;
        if (TryRoute(keyspace, args, out var spec, out var group))
        {
            if (keyspace.Commands.IsHandedOn(spec, _selected.Rule)) _writes.Take(group, spec, args, now);
            else TakeRead(group, spec, args, _selected.Rule, now);
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
            Hold(default, args, now);
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
        _slots.Push(new SessionSlot { State = SlotState.Done, Reply = reply, SinceNanoseconds = Node.Now.Nanoseconds });
        Advance(inStep: true);
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
            // What this node answers alone has only waited for the commands before it, and begins right after them.
            if (head is { State: SlotState.Held, Way: CommandWay.Alone }) break;
            if (head.State == SlotState.Done
                || now.Nanoseconds - Math.Max(head.SinceNanoseconds, Node.Pause.Over) <= SessionReads.PatienceFor(head, limit))
                break;
            if (head.Way == CommandWay.Read) Reads.Refuse(head);
            else Replies.CompleteSlot(_slots.Head, LateReply.Of(this, _slots.Head, head));
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
                Replies.Write(head.Reply);
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
            _writes.HandOnHeld();
        }
    }

    /// <summary>The node can't serve any more: everything unanswered gets the answer that is true of it.</summary>
    internal void FailPending()
    {
        while (_slots.Count > 0 && !_local.IsWaiting)
        {
            ref var head = ref _slots[_slots.Head];
            if (head.State == SlotState.Done) Advance(inStep: true);
            else if (head.State == SlotState.Writing)
                Replies.CompleteSlot(_slots.Head, Cluster.Replies.Uncertain("this node's journal failed"));
            else Replies.CompleteSlot(_slots.Head, Encoding.UTF8.GetBytes($"-{Node.Refusal}\r\n"));
        }
    }

    internal void OnReady()
    {
        _isReady = false;
        if (!IsGone) Advance(inStep: false);
    }

    private void TakeRead(Group group, CommandSpec spec, in CommandArgs args, in ReadRule rule, StepTime now)
    {
        var isSilent = State.BeginCommand(spec.Name, now);
        if (_slots.Count == 0
            && !Node.Pause.HoldsReads(now) && Reads.MayReadNow(group, rule, now)
            && Reads.TryRead(group, spec, args, rule, isSilent, now))
            return;
        Hold(new SessionSlot { Way = CommandWay.Read, Spec = spec, Group = group, IsSilent = isSilent, Rule = rule }, args, now);
        if (_slots.Count == 1) Advance(inStep: false);
    }

    /// <summary>READS &lt;rule&gt; &lt;command&gt;: one read by another rule than the session's.</summary>
    private bool TryTakeRuled(in CommandArgs args, StepTime now)
    {
        if (Keyspace.Commands.HandsOnReads || !ReadsCommands.TryPrefix(args, out var said, out var command)) return false;
        if (!TryRoute(Keyspace, command, out var spec, out var group) || spec.Route != CommandRoute.Read) return false;
        var rule = said ?? Keyspace.Rule;
        Reads.Follow(rule);
        TakeRead(group, spec, command, rule, now);
        return true;
    }

    /// <summary>Finds the command that the words name, and the group that it goes to. False: this node answers it
    /// alone.</summary>
    private bool TryRoute(
        KeyspaceGroups keyspace,
        in CommandArgs args, [NotNullWhen(true)] out CommandSpec? spec, [NotNullWhen(true)] out Group? group)
    {
        group = null;
        spec = keyspace.Commands.Find(args, out var command);
        if (spec is null || spec.Route == CommandRoute.Node || !spec.AcceptsCount(command.Count)) return false;
        if (Node.Refusal is not null || State.IsSubscriberOnly || !_selected.Exists) return false;
        group = Routing.Of(keyspace, spec, command);
        return group is not null;
    }

    /// <summary>Copies a command that cannot begin yet.</summary>
    internal void Hold(in SessionSlot slot, in CommandArgs args, StepTime now)
    {
        var held = _spare.TryPop(out var used) ? used : new HeldCommand();
        held.Hold(args);
        var isBarrier = slot.Way != CommandWay.Read;
        if (isBarrier) _barriers++;
        ref var added = ref _slots[_slots.Push(slot)];
        (added.State, added.Command, added.SinceNanoseconds) = (SlotState.Held, held, now.Nanoseconds);
        if (isBarrier) MakeReady();
    }

    private bool TryBeginHead(ref SessionSlot head, bool inStep)
    {
        var now = Node.Now;
        if (head.Way == CommandWay.Read
            ? Node.Pause.HoldsReads(now) : head.Way == CommandWay.HandOn && Node.Pause.HoldsWrites(now))
            return false;
        if (head.Way == CommandWay.Read && Node.Refusal is null) return Reads.TryBegin(ref head, inStep, now);
        if (inStep)
        {
            MakeReady();
            return false;
        }

        if (head.Way == CommandWay.HandOn && Node.Refusal is null)
        {
            _writes.HandOn(ref head, _slots.Head);
            return false;
        }

        var command = head.Command!;
        head.Command = null;
        if (head.Way != CommandWay.Read) _barriers--;
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

    private void RunHere(in CommandArgs args, StepTime now)
    {
        _local.Run(args, now);
        if (State.HasMoved)
        {
            _selected.Refresh();
            _barriers = Reconsider();
        }

        if (!_local.IsWaiting) return;
        // A place at the head of the queue keeps later replies behind the one that comes later.
        _barriers++;
        _slots.PushFront(new SessionSlot { State = SlotState.Held, SinceNanoseconds = now.Nanoseconds });
    }

    /// <summary>Another keyspace is selected. Nothing is handed on past SELECT: what is queued has not begun, and may mean
    /// something else there.</summary>
    /// <returns>How many of them are barriers.</returns>
    private int Reconsider()
    {
        var barriers = 0;
        for (var s = _slots.Head; s < _slots.End; s++)
        {
            ref var slot = ref _slots[s];
            if (slot is not { State: SlotState.Held, Command: { } command }) continue;
            var wasRead = slot.Way == CommandWay.Read;
            var isRouted = TryRoute(_selected.Groups, command.Args, out slot.Spec, out slot.Group);
            slot.Way = !isRouted ? CommandWay.Alone
                : _selected.Groups.Commands.IsHandedOn(slot.Spec!, _selected.Rule) ? CommandWay.HandOn
                : CommandWay.Read;
            if (slot.Way != CommandWay.Read) barriers++;
            else if (!wasRead) slot.Rule = _selected.Rule;
        }

        return barriers;
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
            if (head.Way != CommandWay.Read) _barriers--;
        }

        _slots.Pop();
    }

    /// <summary>A client that does not read its replies gets no more for now: a hundred thousand held reads of a great value
    /// would fill the memory.</summary>
    internal bool HoldsBack() => _isHeldBack = Output.Length > MostOutputBytes;

    /// <summary>Commands are held behind which no write may be handed on yet: any but reads.</summary>
    internal bool HasBarrier => _barriers > 0;

    internal void OnBarrierGone() => _barriers--;

    internal void Recycle(HeldCommand command) => _spare.Push(command);

    internal void MakeReady()
    {
        if (_isReady) return;
        _isReady = true;
        Node.AddReady(this);
    }
}
