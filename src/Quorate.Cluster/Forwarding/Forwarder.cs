using System.Buffers.Binary;
using Quorate.Cluster.Hosting;
using Quorate.Data;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Cluster.Forwarding;

/// <summary>
/// The writes that this node's clients asked for while another node led. They go to the leader in order, are asked for
/// again when the leader changes or does not answer, and take effect once: the log's session table drops what it has
/// seen. [Raft §6.3 of the dissertation: linearizable semantics by sessions]
/// </summary>
internal sealed class Forwarder(long session, NodeId self)
{
    /// <summary>A read whose answer no client waits for: it keeps the place of a write that must not be sent again.</summary>
    private static readonly byte[] s_nothing = WriteNothing();

    private IForwardingGroup _group = null!; // the first object that stands for the group moves it to itself
    private const int MaxBatchBytes = 1 << 20;
    private const long FirstPatience = 200 * StepTime.NanosecondsPerMillisecond;
    private const long LongestPatience = 2000 * StepTime.NanosecondsPerMillisecond;

    private readonly UnansweredCommands<Write> _writes = new();
    private readonly ByteQueue _batch = new();
    private byte[] _entry = new byte[256];
    private long _patience = FirstPatience;
    private long _silentSince;

    public int Count => _writes.Count;

    /// <summary>Another object stands for the same group on this node: everything is asked for again in its name.</summary>
    public void MoveTo(IForwardingGroup group)
    {
        _group = group;
        _writes.NextToSend = _writes.Lowest;
    }

    public void Enqueue(IAsker client, long slot, int database, in CommandArgs args, StepTime now)
    {
        // The leader stamps the entry it makes of it; until then the stamp means nothing.
        var length = EntryCodec.WriteCommand(ref _entry, 0, database, client.Protocol, args);
        if (Count == 0) _silentSince = now.Nanoseconds;
        _writes.Add(new Write { Client = client, Slot = slot, Entry = _entry.AsSpan(0, length).ToArray() });
        if (_entry.Length > 1 << 20) _entry = new byte[256];
        _group.Hosting.NeedsTurnEnd();
    }

    /// <summary>Another leader (or none, or this node): whatever has no outcome is asked for again, from the first on.</summary>
    public void OnLeaderChanged(StepTime now)
    {
        _writes.NextToSend = _writes.Lowest;
        _patience = FirstPatience;
        _silentSince = now.Nanoseconds;
        if (Count > 0) _group.Hosting.NeedsTurnEnd();
    }

    public void OnTick(StepTime now)
    {
        if (Count == 0 || now.Nanoseconds - _silentSince < _patience) return;
        _patience = Math.Min(_patience * 2, LongestPatience);
        _silentSince = now.Nanoseconds;
        _writes.NextToSend = _writes.Lowest;
        _group.OnSilence(now);
        _group.Hosting.NeedsTurnEnd();
    }

    public void Flush(StepTime now)
    {
        while (_writes.NextToSend < _writes.Next && !_group.Hosting.Replica.Leader.IsNone)
        {
            var first = _writes.NextToSend;
            _batch.Clear();
            while (_writes.NextToSend < _writes.Next)
            {
                var item = _writes[_writes.NextToSend];
                var span = _batch.Reserve(4 + item.Entry.Length);
                BinaryPrimitives.WriteInt32LittleEndian(span, item.Entry.Length);
                item.Entry.CopyTo(span[4..]);
                _batch.Advance(4 + item.Entry.Length);
                item.TimesSent++;
                _writes.NextToSend++;
                if (_batch.Length >= MaxBatchBytes) break;
            }

            var message = new ForwardRequests
            {
                Session = session,
                LowestOutstanding = _writes.Lowest,
                FirstSequence = first,
                Count = (int)(_writes.NextToSend - first),
                Commands = _batch.Memory,
            };
            if (_group.Hosting.Replica.IsLeader) _group.OnRequests(self, message, now);
            else _group.Hosting.Send(_group.Hosting.Replica.Leader, message);
        }
    }

    public void OnReply(long sequence, in HistoryPoint point, ReadOnlySpan<byte> reply, StepTime now)
    {
        if (!_writes.Has(sequence)) return;
        _silentSince = now.Nanoseconds;
        _patience = FirstPatience;
        var item = _writes[sequence];
        if (Replies.IsRefusal(reply))
        {
            // One leader may have it in its log while another, asked later, refuses it.
            if (item.TimesSent > 1) reply = Replies.Uncertain("it was asked for more than once, and refused at last");
            // As long as an earlier one is open this sequence may be sent again: it must not be executed then.
            else item.Entry = s_nothing;
        }

        item.Client?.NoteSeen(_group.Hosting.Id, point);
        item.Finish(reply);
        _writes.DropFinished();
    }

    /// <summary>The client waits no longer. True when the write may have been, or may still be, executed.</summary>
    public bool GiveUp(IAsker client, long slot)
    {
        var at = _writes.Find(client, slot);
        if (at == 0) return false;
        var found = _writes[at];
        found.Client = null;
        if (found.TimesSent == 0)
        {
            _writes.Withdraw(at);
            return false;
        }

        found.IsDone = true;
        _writes.DropFinished();
        return true;
    }

    /// <summary>The client has gone: its outcomes are dropped; commands that were sent go on.</summary>
    public void Forget(IAsker client) => _writes.Forget(client);

    private static byte[] WriteNothing()
    {
        var entry = new byte[64];
        var length = EntryCodec.WriteCommand(
            ref entry, 0, 0, 2, new CommandArgs("EXISTSx"u8, [new ArgRange(0, 6), new ArgRange(6, 1)]));
        return entry[..length];
    }

    private sealed class Write : UnansweredCommand
    {
        public int TimesSent { get; set; }
    }
}
