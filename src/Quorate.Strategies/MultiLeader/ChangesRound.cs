using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>The keys that a peer is being sent the newest states of, and what it has seen when it has got them all.</summary>
internal sealed class ChangesRound
{
    public required long Number { get; init; }

    public required byte[][] Keys { get; init; }

    public required DotContext Seen { get; init; }

    public required byte[] Summary { get; init; }

    /// <summary>The log before this position is confirmed with it.</summary>
    public required long LogEnd { get; init; }

    /// <summary>The first key of the next piece.</summary>
    public int NextKey { get; set; }

    public long Piece { get; set; }
}

/// <summary>
/// With <see cref="Ship.State"/>: sends a peer the states of all keys that changed since what it has confirmed, each once,
/// however often it changed, in one round at a time. A round of one piece is taken in at one stroke.
/// </summary>
internal sealed class ChangesSender(MultiLeaderReplica replica)
{
    private readonly HashSet<byte[]> _keys = new(Replication.Crdt.ByteKeys.Comparer);
    private long _round;

    public void Send(Peer peer, long end)
    {
        if (peer.Changes is not null || peer.NeedsState || !IsDue(peer, end)) return;
        // A member that lacks more than the log tells of would be told to have seen what it has not.
        if (!peer.Acked.Covers(replica.Log.Base)) return;
        _keys.Clear();
        for (var position = Math.Max(peer.AckedBelow, replica.Log.First); position < replica.Log.End; position++)
        {
            ref readonly var item = ref replica.Log[position];
            if (peer.Acked.Contains(item.Last)) continue;
            Invariant.Require(replica.Knowledge.TryKeysOf(item, _keys), "a delta in the log was readable when it came");
        }

        replica.Journal.Flush(replica.Out);
        var summary = new ArrayBufferWriter<byte>();
        replica.Machine.WriteSummary(summary);
        var sorted = _keys.ToArray();
        Array.Sort(sorted, Replication.Crdt.ByteKeys.Comparer);
        _round = _round == 0 ? (replica.Incarnation << 32) + 1 : _round + 1;
        peer.Changes = new ChangesRound
        {
            Number = _round,
            Keys = sorted,
            Seen = replica.Machine.Seen.Copy(),
            Summary = summary.WrittenSpan.ToArray(),
            LogEnd = replica.Log.End,
        };
        _keys.Clear();
        SendPiece(peer, peer.Changes);
    }

    public void OnResponse(Peer peer, ChangesResponse message)
    {
        if (peer.Changes is not { } round || message.Round != round.Number || message.NextPiece != round.Piece) return;
        if (round.NextKey < round.Keys.Length)
        {
            SendPiece(peer, round);
            return;
        }

        peer.Changes = null;
        peer.Acked.Join(round.Seen);
        peer.Cursor = Math.Max(peer.Cursor, round.LogEnd);
        replica.Shipper.OnProgress(peer, isAnswer: true);
    }

    private bool IsDue(Peer peer, long end)
    {
        if (peer.Cursor < replica.Log.First) peer.Cursor = replica.Log.First;
        for (; peer.Cursor < end; peer.Cursor++)
        {
            ref readonly var item = ref replica.Log[peer.Cursor];
            if (peer.Acked.Contains(item.Last)) continue;
            if (peer.Cursor < peer.RelayEnd || replica.Shipper.IsTheirs(item, peer)) return true;
        }

        return false;
    }

    private void SendPiece(Peer peer, ChangesRound round)
    {
        replica.Journal.Flush(replica.Out);
        var states = new ArrayBufferWriter<byte>();
        var state = new ArrayBufferWriter<byte>();
        while (round.NextKey < round.Keys.Length && states.WrittenCount < replica.Options.PieceBytes)
        {
            state.ResetWrittenCount();
            replica.Machine.WriteState(round.Keys[round.NextKey++], state);
            Packing.WriteBytes(states, state.WrittenSpan);
        }

        var isLast = round.NextKey == round.Keys.Length;
        var message = new Changes
        {
            Incarnation = replica.Incarnation,
            ReceiverIncarnation = peer.Incarnation,
            Round = round.Number,
            Piece = round.Piece++,
            Seen = round.Seen,
            Shows = replica.Knowledge.Shows(),
            Summary = isLast ? round.Summary : default(ReadOnlyMemory<byte>),
            States = states.WrittenMemory,
        };
        replica.Counters.BytesOfState += states.WrittenCount;
        peer.BytesSent += states.WrittenCount;
        replica.Shipper.Rearm(peer);
        replica.Out.Send(peer.Node, message, replica.Journal.LastPoint);
    }
}

/// <summary>Takes in rounds of <see cref="Changes"/>, and repairs.</summary>
internal sealed class ChangesReceiver(MultiLeaderReplica replica)
{
    private readonly Dictionary<NodeId, HashSet<byte[]>> _keys = [];

    public void OnChanges(Peer from, Changes message)
    {
        if (message.Round == 0)
        {
            MergeAll(message, null);
            return;
        }

        if (message.ReceiverIncarnation != replica.Incarnation) return;
        if (message.Piece == 0 && message.Round > from.ChangesFrom.Round)
        {
            from.ChangesFrom = (message.Round, 0);
            _keys[from.Node] = new HashSet<byte[]>(Replication.Crdt.ByteKeys.Comparer);
        }

        var (round, next) = from.ChangesFrom;
        if (message.Round != round) return;
        if (message.Piece == next)
        {
            if (!MergeAll(message, _keys[from.Node])) return;
            if (!message.Summary.IsEmpty && !TryAdopt(from, message)) return;
            from.ChangesFrom = (round, next + 1);
        }
        else if (message.Piece > next) return;

        replica.Out.Send(
            from.Node,
            new ChangesResponse { Incarnation = replica.Incarnation, Round = round, NextPiece = message.Piece + 1 },
            replica.Journal.LastPoint);
    }

    private bool TryAdopt(Peer from, Changes message)
    {
        var keys = _keys[from.Node];
        _keys.Remove(from.Node);
        if (!replica.Knowledge.TryAdoptChanges(message.Summary.Span, message.Seen, keys)) return false;
        replica.Arrivals.DeliverHeld(retryRefused: false);
        return true;
    }

    private bool MergeAll(Changes message, HashSet<byte[]>? keys)
    {
        var reader = new PackedReader(message.States.Span);
        while (reader.TryBytes(out var state))
        {
            if (!replica.Knowledge.TryMergeState(state, message.Shows)) return false;
            if (keys is not null && replica.DeltaKeys?.TryKeysOf(state, keys) != true) return false;
        }

        return true;
    }
}
