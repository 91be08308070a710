using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>A message of the raft group. All but <see cref="RequestVote"/> and its response belong to one leader's
/// term.</summary>
internal abstract class RaftMessage : Message
{
    public Term Term { get; set; }
}

/// <summary>[Raft fig. 2] Entries, or none: then it is a heartbeat.</summary>
internal sealed class AppendEntries : RaftMessage
{
    public const ushort WireKind = RaftCodec.Block + 3;

    public override ushort Kind => WireKind;

    public LogIndex PrevLogIndex { get; set; }

    public Term PrevLogTerm { get; set; }

    public LogIndex LeaderCommit { get; set; }

    /// <summary>Comes back in the response: a quorum of answers to a round sent after a read confirms it. [Raft §6.4]</summary>
    public long Round { get; set; }

    /// <summary>When it was sent, on the leader's clock; comes back in the response: the lease begins here. [Raft
    /// §6.4.1]</summary>
    public long SentAt { get; set; }

    /// <summary>The last index of the leader's log.</summary>
    public LogIndex LeaderLastIndex { get; set; }

    /// <summary>Up to here every member has the log: it need not be kept for anybody.</summary>
    public LogIndex DropIndex { get; set; }

    /// <summary>The incarnation of the receiver that the leader has last heard of; 0 when none.</summary>
    public long FollowerIncarnation { get; set; }

    /// <summary>Frames of <see cref="EntryFrame"/>; points into the sender's log or the receiver's input.</summary>
    public ReadOnlyMemory<byte> Entries { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Wire.Write(
            output, Term.Value, PrevLogIndex.Value, PrevLogTerm.Value, LeaderCommit.Value, Round, SentAt,
            LeaderLastIndex.Value, DropIndex.Value, FollowerIncarnation);
        Wire.WriteBytes(output, Entries.Span);
    }

    public static AppendEntries? Decode(ref WireReader reader)
    {
        if (!reader.TryNatural(out var term) || !reader.TryNatural(out var prevIndex) || !reader.TryNatural(out var prevTerm)
            || !reader.TryNatural(out var commit) || !reader.TryNatural(out var round) || !reader.TryInt64(out var sentAt)
            || !reader.TryNatural(out var last) || !reader.TryNatural(out var drop) || !reader.TryNatural(out var incarnation)
            || !reader.TryBytes(out var entries)) return null;
        if (!EntryFrame.AreWellFormed(entries.Span, new Term(prevTerm), new Term(term), RaftJournal.Kinds)) return null;
        var message = Spares.TakeAppendEntries();
        message.Term = new(term);
        message.PrevLogIndex = new(prevIndex);
        message.PrevLogTerm = new(prevTerm);
        message.LeaderCommit = new(commit);
        message.Round = round;
        message.SentAt = sentAt;
        message.LeaderLastIndex = new(last);
        message.DropIndex = new(drop);
        message.FollowerIncarnation = incarnation;
        message.Entries = entries;
        return message;
    }

    public override string ToString()
    {
        var count = EntryFrame.Count(Entries.Span);
        var what = count == 0 ? "heartbeat" : $"{count} {(count == 1 ? "entry" : "entries")}";
        return $"AppendEntries {Term} prev {PrevLogIndex}/{PrevLogTerm} {what} commit {LeaderCommit}";
    }
}

internal sealed class AppendEntriesResponse : RaftMessage
{
    public const ushort WireKind = RaftCodec.Block + 4;

    public override ushort Kind => WireKind;

    public bool Success { get; set; }

    /// <summary>Success: the log agrees with the leader's and is durable up to here.</summary>
    public LogIndex MatchIndex { get; set; }

    /// <summary>Success: the log agrees up to here (maybe not durable yet). Refusal: the PrevLogIndex refused.</summary>
    public LogIndex LastIndex { get; set; }

    /// <summary>The state machine there was found wrong and is not used.</summary>
    public bool IsQuarantined { get; set; }

    /// <summary>Refusal: the last index that could agree, and its term. [Raft §5.3, the optimisation]
    /// Success, in quarantine: asks for a snapshot of this index or later; 0: not now.</summary>
    public LogIndex HintIndex { get; set; }

    public Term HintTerm { get; set; }

    public long Round { get; set; }

    public long SentAt { get; set; }

    /// <summary>Which life of the sender this is.</summary>
    public long Incarnation { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Wire.WriteFlags(output, (byte)((Success ? 1 : 0) | (IsQuarantined ? 2 : 0)));
        Wire.Write(
            output, Term.Value, MatchIndex.Value, LastIndex.Value, HintIndex.Value, HintTerm.Value, Round, SentAt, Incarnation);
    }

    public static AppendEntriesResponse? Decode(ref WireReader reader)
    {
        if (!reader.TryFlags(3, out var flags) || !reader.TryNatural(out var term) || !reader.TryNatural(out var match)
            || !reader.TryNatural(out var last) || !reader.TryNatural(out var hint) || !reader.TryNatural(out var hintTerm)
            || !reader.TryNatural(out var round)
                || !reader.TryInt64(out var sentAt) || !reader.TryNatural(out var incarnation)) return null;
        var message = Spares.TakeResponse();
        message.Term = new(term);
        message.Success = (flags & 1) != 0;
        message.IsQuarantined = (flags & 2) != 0;
        message.MatchIndex = new(match);
        message.LastIndex = new(last);
        message.HintIndex = new(hint);
        message.HintTerm = new(hintTerm);
        message.Round = round;
        message.SentAt = sentAt;
        message.Incarnation = incarnation;
        return message;
    }

    public override string ToString() => Success
        ? $"AppendEntriesResponse {Term} match {MatchIndex} last "
            + $"{LastIndex}{(IsQuarantined ? $" quarantined, asks from {HintIndex}" : "")}"
        : $"AppendEntriesResponse {Term} refused {LastIndex} hint {HintIndex}/{HintTerm}";
}

/// <summary>[Raft §3.10] The leader asks the receiver to stand for election at once.</summary>
internal sealed class TimeoutNow : RaftMessage
{
    public const ushort WireKind = RaftCodec.Block + 7;

    public override ushort Kind => WireKind;

    public override void Encode(IBufferWriter<byte> output) => Wire.Write(output, Term.Value);

    public static TimeoutNow? Decode(ref WireReader reader) =>
        reader.TryNatural(out var term) ? new TimeoutNow { Term = new(term) } : null;

    public override string ToString() => $"TimeoutNow {Term}";
}

/// <summary>[Raft §6.4] A follower asks for the index at which its reads are linearizable.</summary>
internal sealed class ReadIndex : RaftMessage
{
    public const ushort WireKind = RaftCodec.Block + 8;

    public override ushort Kind => WireKind;

    /// <summary>Chosen by the follower, comes back.</summary>
    public long Context { get; set; }

    public override void Encode(IBufferWriter<byte> output) => Wire.Write(output, Term.Value, Context);

    public static ReadIndex? Decode(ref WireReader reader) =>
        reader.TryNatural(out var term) && reader.TryNatural(out var context)
            ? new ReadIndex { Term = new(term), Context = context }
            : null;

    public override string ToString() => $"ReadIndex {Term} #{Context}";
}

internal sealed class ReadIndexResponse : RaftMessage
{
    public const ushort WireKind = RaftCodec.Block + 9;

    public override ushort Kind => WireKind;

    public long Context { get; set; }

    public LogIndex Index { get; set; }

    public override void Encode(IBufferWriter<byte> output) => Wire.Write(output, Term.Value, Context, Index.Value);

    public static ReadIndexResponse? Decode(ref WireReader reader) =>
        reader.TryNatural(out var term) && reader.TryNatural(out var context) && reader.TryNatural(out var index)
            ? new ReadIndexResponse { Term = new(term), Context = context, Index = new(index) }
            : null;

    public override string ToString() => $"ReadIndexResponse {Term} #{Context} {Index}";
}
