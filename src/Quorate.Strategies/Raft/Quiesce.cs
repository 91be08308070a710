using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>The leader has nothing to say: may it fall silent?</summary>
internal sealed class Quiesce : RaftMessage
{
    public const ushort WireKind = RaftCodec.Block + 10;

    public override ushort Kind => WireKind;

    /// <summary>Chosen by the leader, comes back.</summary>
    public long Question { get; set; }

    /// <summary>The end of the leader's log, all of it committed.</summary>
    public LogIndex LastIndex { get; set; }

    public override void Encode(IBufferWriter<byte> output) => Wire.Write(output, Term.Value, Question, LastIndex.Value);

    public static Quiesce? Decode(ref WireReader reader) =>
        reader.TryNatural(out var term) && reader.TryNatural(out var question) && reader.TryNatural(out var last)
            ? new Quiesce { Term = new(term), Question = question, LastIndex = new(last) }
            : null;

    public override string ToString() => $"Quiesce {Term} #{Question} at {LastIndex}";
}

internal sealed class QuiesceResponse : RaftMessage
{
    public const ushort WireKind = RaftCodec.Block + 11;

    public override ushort Kind => WireKind;

    public long Question { get; set; }

    /// <summary>True: the follower holds the whole log and does without heartbeats from here on.</summary>
    public bool Agrees { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Wire.WriteFlags(output, (byte)(Agrees ? 1 : 0));
        Wire.Write(output, Term.Value, Question);
    }

    public static QuiesceResponse? Decode(ref WireReader reader) =>
        reader.TryFlags(1, out var flags) && reader.TryNatural(out var term) && reader.TryNatural(out var question)
            ? new QuiesceResponse { Term = new(term), Question = question, Agrees = flags == 1 }
            : null;

    public override string ToString() => $"QuiesceResponse {Term} #{Question} {(Agrees ? "agrees" : "refuses")}";
}
