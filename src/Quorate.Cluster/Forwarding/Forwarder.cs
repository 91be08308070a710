using System.Buffers.Binary;
using Quorate.Data;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Forwarding;

/// <summary>
/// The writes that this node's clients asked for while another node led. They go to the leader in order, are asked for
/// again when the leader changes or does not answer, and take effect once: the log's session table drops what it has
/// seen. [Raft §6.3 of the dissertation: linearizable semantics by sessions]
/// </summary>
internal sealed class Forwarder(Group first, Node node, long session)
{
    private Group _group = first;
    private const int MaxBatchBytes = 1 << 20;
    private const long FirstPatience = 200 * StepTime.NanosecondsPerMillisecond;
    private const long LongestPatience = 2000 * StepTime.NanosecondsPerMillisecond;

    private readonly Queue<Outstanding> _outstanding = new();
    private readonly ByteQueue _batch = new();
    private byte[] _entry = new byte[256];
    private long _lowest = 1;
    private long _next = 1;
    private long _nextToSend = 1;
    private long _patience = FirstPatience;
    private long _silentSince;

    public int Count => _outstanding.Count;

    /// <summary>Another object stands for the same group on this node: everything is asked for again in its name.</summary>
    public void MoveTo(Group group)
    {
        _group = group;
        _nextToSend = _lowest;
    }

    public void Enqueue(ClientSession client, long slot, int database, in CommandArgs args, StepTime now)
    {
        // The leader stamps the entry it makes of it; until then the stamp means nothing.
        var length = EntryCodec.WriteCommand(ref _entry, 0, database, client.Output.Protocol, args);
        if (_outstanding.Count == 0) _silentSince = now.Nanoseconds;
        _outstanding.Enqueue(new Outstanding { Client = client, Slot = slot, Entry = _entry.AsSpan(0, length).ToArray() });
        if (_entry.Length > 1 << 20) _entry = new byte[256];
        _next++;
        _group.NeedsTurnEnd();
    }

    /// <summary>Another leader (or none, or this node): whatever has no outcome is asked for again, from the first on.</summary>
    public void OnLeaderChanged(StepTime now)
    {
        _nextToSend = _lowest;
        _patience = FirstPatience;
        _silentSince = now.Nanoseconds;
        if (Count > 0) _group.NeedsTurnEnd();
    }

    public void OnTick(StepTime now)
    {
        if (Count == 0 || now.Nanoseconds - _silentSince < _patience) return;
        _patience = Math.Min(_patience * 2, LongestPatience);
        _silentSince = now.Nanoseconds;
        _nextToSend = _lowest;
        if (_group.IsAbsent) node.Routing.OnSilence(_group, now);
        _group.NeedsTurnEnd();
    }

    public void Flush(StepTime now)
    {
        while (_nextToSend < _next && !_group.Replica.Leader.IsNone)
        {
            var first = _nextToSend;
            _batch.Clear();
            var skip = first - _lowest;
            foreach (var item in _outstanding)
            {
                if (skip-- > 0) continue;
                var span = _batch.Reserve(4 + item.Entry.Length);
                BinaryPrimitives.WriteInt32LittleEndian(span, item.Entry.Length);
                item.Entry.CopyTo(span[4..]);
                _batch.Advance(4 + item.Entry.Length);
                item.WasSent = true;
                _nextToSend++;
                if (_batch.Length >= MaxBatchBytes) break;
            }

            var message = new ForwardRequests
            {
                Session = session,
                LowestOutstanding = _lowest,
                FirstSequence = first,
                Count = (int)(_nextToSend - first),
                Commands = _batch.Memory,
            };
            if (_group.Replica.IsLeader) _group.Inbox.OnRequests(node.Options.Self, message, now);
            else node.SendTo(_group.Replica.Leader, _group, message);
        }
    }

    public void OnReply(long sequence, ReadOnlySpan<byte> reply, StepTime now)
    {
        var at = sequence - _lowest;
        if (at < 0 || at >= _outstanding.Count) return;
        _silentSince = now.Nanoseconds;
        _patience = FirstPatience;
        foreach (var item in _outstanding)
        {
            if (at-- > 0) continue;
            Finish(item, reply);
            break;
        }

        DropFinished();
    }

    /// <summary>The client waits no longer. True when the write may have been, or may still be, executed.</summary>
    public bool GiveUp(ClientSession client, long slot)
    {
        Outstanding? found = null;
        foreach (var item in _outstanding)
        {
            if (item.Client != client || item.Slot != slot) continue;
            found = item;
            break;
        }

        if (found is null) return false;
        found.Client = null;
        if (!found.WasSent)
        {
            Withdraw(found);
            return false;
        }

        found.IsDone = true;
        DropFinished();
        return true;
    }

    /// <summary>Takes back what was never sent, so that it never will be. Only the end of the queue was never sent: those
    /// behind it move up by one sequence, which nobody has seen yet.</summary>
    private void Withdraw(Outstanding withdrawn)
    {
        for (var n = _outstanding.Count; n > 0; n--)
        {
            var item = _outstanding.Dequeue();
            if (item != withdrawn) _outstanding.Enqueue(item);
        }

        _next--;
    }

    /// <summary>Nobody hears of this client's outcomes any more; what was begun goes on.</summary>
    public void Forget(ClientSession client)
    {
        foreach (var item in _outstanding)
            if (item.Client == client) item.Client = null;
    }

    private static void Finish(Outstanding item, ReadOnlySpan<byte> reply)
    {
        if (item.IsDone) return;
        item.IsDone = true;
        item.Client?.CompleteSlot(item.Slot, reply);
        item.Client = null;
    }

    private void DropFinished()
    {
        while (_outstanding.TryPeek(out var first) && first.IsDone)
        {
            _outstanding.Dequeue();
            _lowest++;
            if (_nextToSend < _lowest) _nextToSend = _lowest;
        }
    }

    private sealed class Outstanding
    {
        public ClientSession? Client { get; set; }

        public long Slot { get; init; }

        public required byte[] Entry { get; init; }

        public bool WasSent { get; set; }

        public bool IsDone { get; set; }
    }
}
