using System.Buffers.Binary;
using Quorate.Cluster.Forwarding;
using Quorate.Cluster.Hosting;
using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Merging;

/// <summary>
/// Takes commands of this node's clients to a replica elsewhere, the nearest that answers. Nothing remembers which commands it
/// has executed, as a log does, so a write goes out once, to one life of one member: when its reply does not come it is not known
/// whether it took effect, and the client is told just that. Reads are asked for again.
/// </summary>
internal sealed class CommandForwarder(MergingOutgoing outgoing, IGroupNode node)
{
    private const int MaxBatchBytes = 1 << 20;

    /// <summary>So long one member may say nothing about what it was sent.</summary>
    private const long Patience = 2000 * StepTime.NanosecondsPerMillisecond;

    /// <summary>So long another one is preferred to a member that was silent.</summary>
    private const long Avoidance = 5000 * StepTime.NanosecondsPerMillisecond;

    private readonly Dictionary<NodeId, long> _avoided = [];
    private readonly Dictionary<NodeId, long> _lives = []; // in which members execute what they are sent
    private readonly ByteQueue _batch = new();
    private readonly long _session = node.Life;
    private IForwardingGroup _group = null!; // the first object that stands for the group moves it to itself
    private readonly UnansweredCommands<Command> _commands = new();
    private long _silentSince;

    public int Count => _commands.Count;

    /// <summary>Where commands go now; none before the first, or when no member can be reached.</summary>
    public NodeId Target { get; private set; }

    /// <summary>Another object stands for the same group on this node.</summary>
    public void MoveTo(IForwardingGroup group) => _group = group;

    public void Enqueue(IAsker client, long slot, bool isRead, ReadOnlySpan<byte> entry, StepTime now)
    {
        if (Count == 0) _silentSince = now.Nanoseconds;
        _commands.Add(new Command { Client = client, Slot = slot, IsRead = isRead, Entry = entry.ToArray() });
        _group.Hosting.NeedsTurnEnd();
    }

    public void OnTick(StepTime now)
    {
        if (Count == 0) return;
        _group.Hosting.NeedsTurnEnd();
        if (_commands.Lowest == _commands.NextToSend)
        {
            _silentSince = now.Nanoseconds; // nothing was sent, so no member is silent
            return;
        }

        if (now.Nanoseconds - _silentSince < Patience) return;
        _silentSince = now.Nanoseconds;
        _avoided[Target] = now.Nanoseconds + Avoidance;
        Target = NodeId.None;
        for (var at = _commands.Lowest; at < _commands.NextToSend; at++)
        {
            if (_commands[at] is { IsDone: false, MayHaveHappened: true } item)
                item.Finish(Replies.Uncertain("the replica that it was sent to did not answer in time"));
        }

        _commands.DropFinished();
        _commands.NextToSend = _commands.Lowest;
    }

    public void Flush(StepTime now)
    {
        while (_commands.NextToSend < _commands.Next)
        {
            if (!IsReachable(Target) || !IsMember(Target)) Target = Nearest(now);
            if (Target.IsNone) return;
            var first = _commands.NextToSend;
            _batch.Clear();
            var life = Target == node.Options.Self ? node.Life : _lives.GetValueOrDefault(Target);
            while (_commands.NextToSend < _commands.Next && _batch.Length < MaxBatchBytes)
            {
                // What was given up meanwhile, or may have been executed elsewhere, keeps its place, empty: sequences are
                // consecutive.
                var item = _commands[_commands.NextToSend++];
                var isLeftOut = item.IsDone || item.MayHaveHappened;
                var length = isLeftOut ? 0 : item.Entry.Length;
                var span = _batch.Reserve(4 + length);
                BinaryPrimitives.WriteInt32LittleEndian(span, length);
                item.Entry.AsSpan(0, length).CopyTo(span[4..]);
                _batch.Advance(4 + length);
                if (!isLeftOut) (item.SentTo, item.SentIn) = (Target, life);
            }

            var message = new ForwardRequests
            {
                Session = _session,
                LowestOutstanding = life,
                FirstSequence = first,
                Count = (int)(_commands.NextToSend - first),
                Commands = _batch.Memory,
            };
            if (Target == node.Options.Self) outgoing.OnRequests(Target, message, now);
            else _group.Hosting.Send(Target, message);
        }
    }

    /// <summary>A member says in which life it is, and that it has executed nothing that was sent to another. What was sent to
    /// none in particular goes to this one; the fate of writes that were sent to an earlier one is unknown.</summary>
    public void OnLife(NodeId member, long life, StepTime now)
    {
        if (life <= _lives.GetValueOrDefault(member)) return;
        _lives[member] = life;
        if (member == Target) _silentSince = now.Nanoseconds;
        for (var at = _commands.NextToSend - 1; at >= _commands.Lowest; at--)
        {
            if (_commands[at] is not { IsDone: false } item || item.SentTo != member || item.SentIn >= life) continue;
            if (item.MayHaveHappened) item.Finish(Replies.Uncertain("the replica that it was sent to was restarted"));
            else _commands.NextToSend = at;
        }

        _commands.DropFinished();
        if (_commands.NextToSend < _commands.Next) _group.Hosting.NeedsTurnEnd();
    }

    public void OnReply(long sequence, ReadOnlySpan<byte> reply, StepTime now)
    {
        if (!_commands.Has(sequence)) return;
        _silentSince = now.Nanoseconds;
        var item = _commands[sequence];
        if (item.SentTo == Target && reply.SequenceEqual(Replies.NoReplicaHere))
        {
            _avoided[Target] = now.Nanoseconds + Avoidance;
            Target = NodeId.None;
        }

        item.Finish(reply);
        _commands.DropFinished();
    }

    /// <summary>The client waits no longer. True when the command may have been, or may still be, executed.</summary>
    public bool GiveUp(IAsker client, long slot)
    {
        var at = _commands.Find(client, slot);
        if (at == 0) return false;
        var found = _commands[at];
        (found.Client, found.IsDone) = (null, true);
        _commands.DropFinished();
        return found.MayHaveHappened;
    }

    /// <summary>The client has gone: its outcomes are dropped; commands that were sent go on.</summary>
    public void Forget(IAsker client) => _commands.Forget(client);

    /// <summary>This node itself if it is a member by now, else those in its zone, region, provider, in this order; of equals a
    /// different one for each node. Members that were silent lately come after all others.</summary>
    private NodeId Nearest(StepTime now)
    {
        if (outgoing.Serves) return node.Options.Self;
        if (node.Map is not { } map || map.Group(_group.Hosting.Id) is not { } entry) return NodeId.None;
        var best = NodeId.None;
        var bestRank = (int.MaxValue, int.MaxValue, int.MaxValue);
        foreach (var member in entry.Configuration.InSync)
        {
            if (!IsReachable(member)) continue;
            var isAvoided = _avoided.TryGetValue(member, out var until) && now.Nanoseconds < until ? 1 : 0;
            var rank = (isAvoided, Distance(map.Node(member)), Turn(member));
            if (rank.CompareTo(bestRank) < 0) (best, bestRank) = (member, rank);
        }

        return best;
    }

    /// <summary>The member that was asked until now may have left the group.</summary>
    private bool IsMember(NodeId target) =>
        target == node.Options.Self || node.Map?.Group(_group.Hosting.Id)?.Configuration.InSync.Contains(target) == true;

    private int Turn(NodeId member) => (member.Value - node.Options.Self.Value) & int.MaxValue;

    private int Distance(NodeEntry? member)
    {
        var labels = node.Options.Labels;
        if (member is null) return 4;
        string[] inward = ["zone", "region", "provider"];
        for (var i = 0; i < inward.Length; i++)
            if (labels.Of(inward[i]) is { } here && here == member.Labels.Of(inward[i])) return i;
        return 3;
    }

    private bool IsReachable(NodeId member) =>
        !member.IsNone && (member == node.Options.Self ? outgoing.Serves : node.Host.OutputTo(member) is not null);

    private sealed class Command : UnansweredCommand
    {
        public bool IsRead { get; init; }

        /// <summary>Where to, and in which life of it; 0: none in particular, and then no member executes it.</summary>
        public NodeId SentTo { get; set; }

        public long SentIn { get; set; }

        public bool MayHaveHappened => SentIn != 0 && !IsRead;
    }
}
