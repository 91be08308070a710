using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>[Raft fig. 2, §9.6] Asks for a vote, or, as a pre-vote, whether it would be given in that term.</summary>
internal sealed class RequestVote : RaftMessage
{
    public const ushort WireKind = RaftCodec.Block + 1;

    public override ushort Kind => WireKind;

    public bool PreVote { get; set; }

    /// <summary>The leader itself asked for this election: loyalty to it is no reason to refuse. [Raft §3.10, §4.2.3]</summary>
    public bool Transfer { get; set; }

    public LogIndex LastLogIndex { get; set; }

    public Term LastLogTerm { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Wire.WriteFlags(output, (byte)((PreVote ? 1 : 0) | (Transfer ? 2 : 0)));
        Wire.Write(output, Term.Value, LastLogIndex.Value, LastLogTerm.Value);
    }

    public static RequestVote? Decode(ref WireReader reader) =>
        reader.TryFlags(3, out var flags) && reader.TryNatural(out var term)
        && reader.TryNatural(out var index) && reader.TryNatural(out var lastTerm)
            ? new RequestVote
            {
                Term = new(term),
                PreVote = (flags & 1) != 0,
                Transfer = (flags & 2) != 0,
                LastLogIndex = new(index),
                LastLogTerm = new(lastTerm),
            }
            : null;

    public override string ToString() =>
        $"{(PreVote ? "PreVote" : "RequestVote")} {Term} last {LastLogIndex}/{LastLogTerm}{(Transfer ? " transfer" : "")}";
}

internal sealed class RequestVoteResponse : RaftMessage
{
    public const ushort WireKind = RaftCodec.Block + 2;

    public override ushort Kind => WireKind;

    public bool PreVote { get; set; }

    public bool Granted { get; set; }

    /// <summary>The voter forgot what it had acknowledged; see <see cref="Candidate"/>.</summary>
    public bool Amnesia { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Wire.WriteFlags(output, (byte)((PreVote ? 1 : 0) | (Granted ? 2 : 0) | (Amnesia ? 4 : 0)));
        Wire.Write(output, Term.Value);
    }

    public static RequestVoteResponse? Decode(ref WireReader reader) =>
        reader.TryFlags(7, out var flags) && reader.TryNatural(out var term)
            ? new RequestVoteResponse
            {
                Term = new(term),
                PreVote = (flags & 1) != 0,
                Granted = (flags & 2) != 0,
                Amnesia = (flags & 4) != 0,
            }
            : null;

    public override string ToString() =>
        $"{(PreVote ? "PreVoteResponse" : "RequestVoteResponse")} {Term} "
            + $"{(Granted ? "granted" : "refused")}{(Amnesia ? " amnesia" : "")}";
}
