using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>
/// Fetches the whole state of other members, one after another, piece by piece: because this replica lacks its memory, or is so
/// far behind that no member has the deltas any more. The member that is asked keeps nothing about it, so a transfer goes on
/// after any loss where it was.
/// <para>A replica that began anew is whole when it has merged the state of one that is, or of all others if none is. Its gaps
/// are closed when it has merged those of all others: then no member has an update of its earlier lives that it lacks.</para>
/// </summary>
internal sealed class Pulls(MultiLeaderReplica replica)
{
    private Peer? _source;
    private long _sourceIncarnation;
    private long _transfer;
    private ulong _from;
    private byte[] _summary = [];
    private DotContext _adopts = new();
    private long _retryAt;
    private bool _needsAny;
    private long _notBefore = long.MinValue;

    /// <summary>Lacks what it or others had made, and must not serve before it has got it.</summary>
    public bool NeedsWhole { get; private set; }

    /// <summary>Others may have updates of earlier lives of this replica that it lacks.</summary>
    public bool HasGaps { get; private set; }

    /// <summary>Others know updates of this replica with numbers that it would give out itself: it was made a second time with
    /// the same incarnation. It must not make any, and does not serve until it is made with another.</summary>
    public bool AreNumbersUsed { get; private set; }

    public NodeId Source => _source?.Node ?? NodeId.None;

    /// <summary>What the journal says.</summary>
    public void Recover(bool needsWhole, bool hasGaps) => (NeedsWhole, HasGaps) = (needsWhole, hasGaps);

    public void NeedAnyState() => _needsAny = true;

    public void OnTick()
    {
        TryFinish();
        if (_source is { } source)
        {
            if (replica.Now.Nanoseconds < _retryAt && source.IsReachable && source.Incarnation == _sourceIncarnation) return;
            if (source.Incarnation == _sourceIncarnation && (source.IsReachable || Choose() is null) && IsKnown(source))
            {
                if (replica.Now.Nanoseconds >= _retryAt) Ask();
                return;
            }

            _source = null;
        }

        if (Choose() is { } chosen) Begin(chosen);
    }

    public void OnStates(Peer from, States message)
    {
        if (from != _source
            || message.Transfer != _transfer || message.From != _from || message.Incarnation != _sourceIncarnation)
            return;
        if (!replica.Knowledge.TryMergeState(message.State.Span, message.Shows)) return;
        if (message.From == 0)
        {
            _summary = message.Summary.ToArray();
            _adopts = message.Seen;
        }

        _from = message.Next;
        replica.Counters.PiecesPulled++;
        if (!message.IsLast)
        {
            Ask();
            return;
        }

        _source = null;
        _needsAny = false;
        if (!replica.Knowledge.TryAdopt(_summary, _adopts)) return;
        replica.Counters.Pulls++;
        _summary = [];
        from.IsMerged = true;
        AreNumbersUsed |= NeedsWhole && replica.Machine.Seen.LastOf(replica.Self) > replica.Knowledge.LastOwn;
        // What others say about being behind they may have said before they heard of this.
        _notBefore = replica.Now.Nanoseconds + (replica.Options.PullTimeoutTicks * MultiLeaderOptions.TickNanoseconds);
        foreach (var peer in replica.Peers) peer.SaysBehind = false;
        foreach (var stranger in replica.Gossip.Strangers) stranger.SaysBehind = false;
        if (message.IsWhole) BecomeWhole();
        TryFinish();
        replica.Arrivals.DeliverHeld(retryRefused: false);
        replica.TellAll();
    }

    private void BecomeWhole()
    {
        if (!NeedsWhole || AreNumbersUsed) return;
        NeedsWhole = false;
        replica.Journal.Save(RecordKind.Whole, [], replica.Out);
    }

    private void TryFinish()
    {
        if ((!NeedsWhole && !HasGaps) || replica.Configuration is null) return;
        foreach (var peer in replica.Peers) if (!peer.IsMerged) return;
        BecomeWhole();
        if (!HasGaps || AreNumbersUsed) return;
        HasGaps = false;
        replica.Knowledge.CloseGaps();
        replica.Journal.Save(RecordKind.GapsClosed, [], replica.Out);
    }

    /// <summary>Those that are whole first.</summary>
    private Peer? Choose()
    {
        Peer? second = null;
        foreach (var peer in replica.Peers)
        {
            if (!peer.IsReachable || !peer.HasTold) continue;
            var isWanted = ((NeedsWhole || HasGaps) && !peer.IsMerged)
                || (peer.SaysBehind && replica.Now.Nanoseconds >= _notBefore) || _needsAny;
            if (!isWanted) continue;
            if (!peer.NeedsState) return peer;
            second ??= peer;
        }

        if (second is not null) return second;
        foreach (var stranger in replica.Gossip.Strangers)
            if (stranger.IsReachable && stranger.SaysBehind && replica.Now.Nanoseconds >= _notBefore) return stranger;
        return null;
    }

    private bool IsKnown(Peer peer) => replica.Peers.Contains(peer) || replica.Gossip.Strangers.Contains(peer);

    private void Begin(Peer source)
    {
        _source = source;
        _sourceIncarnation = source.Incarnation;
        _transfer = _transfer == 0 ? (replica.Incarnation << 32) + 1 : _transfer + 1;
        _from = 0;
        Ask();
    }

    private void Ask()
    {
        _retryAt = replica.Now.Nanoseconds + (replica.Options.PullTimeoutTicks * MultiLeaderOptions.TickNanoseconds);
        replica.Out.Send(_source!.Node, new Pull { Incarnation = replica.Incarnation, Transfer = _transfer, From = _from });
    }

    /// <summary>Answers another's pull. The piece shows what may not be durable here yet, so it waits for it.</summary>
    public void Answer(NodeId to, Pull pull)
    {
        replica.Journal.Flush(replica.Out);
        var summary = new ArrayBufferWriter<byte>();
        if (pull.From == 0) replica.Machine.WriteSummary(summary);
        var state = new ArrayBufferWriter<byte>();
        var next = pull.From;
        var more = replica.Machine.WriteStates(ref next, replica.Options.PieceBytes, state);
        replica.Counters.BytesOfState += state.WrittenCount;
        var answer = new States
        {
            Incarnation = replica.Incarnation,
            Transfer = pull.Transfer,
            From = pull.From,
            Next = next,
            IsLast = !more,
            IsWhole = !NeedsWhole,
            Seen = replica.Machine.Seen.Copy(),
            Shows = replica.Knowledge.Shows(),
            Summary = summary.WrittenMemory,
            State = state.WrittenMemory,
        };
        replica.Out.Send(to, answer, replica.Journal.LastPoint);
    }
}
