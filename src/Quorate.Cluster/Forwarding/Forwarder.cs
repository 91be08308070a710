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

    // By sequence, from _lowest on: nothing here walks over what waits behind a leader that does not keep up.
    private Outstanding?[] _outstanding = new Outstanding?[64];
    private readonly ByteQueue _batch = new();
    private byte[] _entry = new byte[256];
    private long _lowest = 1;
    private long _next = 1;
    private long _nextToSend = 1;
    private long _patience = FirstPatience;
    private long _silentSince;

    public int Count => (int)(_next - _lowest);

    /// <summary>Another object stands for the same group on this node: everything is asked for again in its name.</summary>
    public void MoveTo(IForwardingGroup group)
    {
        _group = group;
        _nextToSend = _lowest;
    }

    public void Enqueue(IAsker client, long slot, int database, in CommandArgs args, StepTime now)
    {
        // The leader stamps the entry it makes of it; until then the stamp means nothing.
        var length = EntryCodec.WriteCommand(ref _entry, 0, database, client.Protocol, args);
        if (Count == 0) _silentSince = now.Nanoseconds;
        if (Count == _outstanding.Length) Grow();
        At(_next++) = new Outstanding { Client = client, Slot = slot, Entry = _entry.AsSpan(0, length).ToArray() };
        if (_entry.Length > 1 << 20) _entry = new byte[256];
        _group.Hosting.NeedsTurnEnd();
    }

    /// <summary>Another leader (or none, or this node): whatever has no outcome is asked for again, from the first on.</summary>
    public void OnLeaderChanged(StepTime now)
    {
        _nextToSend = _lowest;
        _patience = FirstPatience;
        _silentSince = now.Nanoseconds;
        if (Count > 0) _group.Hosting.NeedsTurnEnd();
    }

    public void OnTick(StepTime now)
    {
        if (Count == 0 || now.Nanoseconds - _silentSince < _patience) return;
        _patience = Math.Min(_patience * 2, LongestPatience);
        _silentSince = now.Nanoseconds;
        _nextToSend = _lowest;
        _group.OnSilence(now);
        _group.Hosting.NeedsTurnEnd();
    }

    public void Flush(StepTime now)
    {
        while (_nextToSend < _next && !_group.Hosting.Replica.Leader.IsNone)
        {
            var first = _nextToSend;
            _batch.Clear();
            while (_nextToSend < _next)
            {
                var item = At(_nextToSend)!;
                var span = _batch.Reserve(4 + item.Entry.Length);
                BinaryPrimitives.WriteInt32LittleEndian(span, item.Entry.Length);
                item.Entry.CopyTo(span[4..]);
                _batch.Advance(4 + item.Entry.Length);
                item.TimesSent++;
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
            if (_group.Hosting.Replica.IsLeader) _group.OnRequests(self, message, now);
            else _group.Hosting.Send(_group.Hosting.Replica.Leader, message);
        }
    }

    public void OnReply(long sequence, in HistoryPoint point, ReadOnlySpan<byte> reply, StepTime now)
    {
        if (sequence < _lowest || sequence >= _next) return;
        _silentSince = now.Nanoseconds;
        _patience = FirstPatience;
        var item = At(sequence)!;
        if (Replies.IsRefusal(reply))
        {
            // One leader may have it in its log while another, asked later, refuses it.
            if (item.TimesSent > 1) reply = Replies.Uncertain("it was asked for more than once, and refused at last");
            // As long as an earlier one is open this sequence may be sent again: it must not be executed then.
            else item.Entry = s_nothing;
        }

        item.Client?.NoteSeen(_group.Hosting.Id, point);
        Finish(item, reply);
        DropFinished();
    }

    /// <summary>The client waits no longer. True when the write may have been, or may still be, executed.</summary>
    public bool GiveUp(IAsker client, long slot)
    {
        var at = _lowest;
        while (at < _next && (At(at)!.Client != client || At(at)!.Slot != slot)) at++;
        if (at == _next) return false;
        var found = At(at)!;
        found.Client = null;
        if (found.TimesSent == 0)
        {
            Withdraw(at);
            return false;
        }

        found.IsDone = true;
        DropFinished();
        return true;
    }

    /// <summary>Takes back what was never sent, so that it never will be. Only the end of the queue was never sent: those
    /// behind it move up by one sequence, which no leader has seen yet.</summary>
    private void Withdraw(long withdrawn)
    {
        for (var at = withdrawn; at < _next - 1; at++) At(at) = At(at + 1);
        At(--_next) = null;
    }

    /// <summary>The client has gone: its outcomes are dropped; commands that were sent go on.</summary>
    public void Forget(IAsker client)
    {
        for (var at = _lowest; at < _next; at++)
            if (At(at)!.Client == client) At(at)!.Client = null;
    }

    private static byte[] WriteNothing()
    {
        var entry = new byte[64];
        var length = EntryCodec.WriteCommand(
            ref entry, 0, 0, 2, new CommandArgs("EXISTSx"u8, [new ArgRange(0, 6), new ArgRange(6, 1)]));
        return entry[..length];
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
        while (_lowest < _next && At(_lowest)!.IsDone)
        {
            At(_lowest++) = null;
            if (_nextToSend < _lowest) _nextToSend = _lowest;
        }
    }

    private ref Outstanding? At(long sequence) => ref _outstanding[sequence & (_outstanding.Length - 1)];

    private void Grow()
    {
        var larger = new Outstanding?[_outstanding.Length * 2];
        for (var at = _lowest; at < _next; at++) larger[at & (larger.Length - 1)] = At(at);
        _outstanding = larger;
    }

    private sealed class Outstanding
    {
        public IAsker? Client { get; set; }

        public long Slot { get; init; }

        public required byte[] Entry { get; set; }

        public int TimesSent { get; set; }

        public bool IsDone { get; set; }
    }
}
