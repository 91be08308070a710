using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>A message of a multi-leader group.</summary>
internal abstract class MultiLeaderMessage : Message
{
    /// <summary>How often the sender had been started: what earlier lives of it said counts no more.</summary>
    public long Incarnation { get; set; }

    /// <summary>Memory of <paramref name="body"/> that the reader is about to read, with its length before it.</summary>
    protected static bool TryMemory(ref PackedReader reader, ReadOnlyMemory<byte> body, out ReadOnlyMemory<byte> memory)
    {
        memory = default;
        if (!reader.TryBytes(out var bytes)) return false;
        memory = body.Slice(body.Length - reader.Remaining - bytes.Length, bytes.Length);
        return true;
    }

    protected static bool TryContext(ref PackedReader reader, out DotContext context) =>
        DotContext.TryDecode(ref reader, context = new DotContext());
}

/// <summary>Deltas, in an order that respects causality.</summary>
internal sealed class Deltas : MultiLeaderMessage
{
    public const ushort WireKind = MultiLeaderCodec.Block + 1;

    public override ushort Kind => WireKind;

    /// <summary>Counts the sender's messages of this kind to this receiver; grows over restarts.</summary>
    public long Round { get; set; }

    /// <summary>See <see cref="Frame"/>.</summary>
    public ReadOnlyMemory<byte> Frames { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteNatural(output, Round);
        Packing.WriteBytes(output, Frames.Span);
    }

    public static Deltas? Decode(ref PackedReader reader, ReadOnlyMemory<byte> body)
    {
        if (!reader.TryNatural(out var incarnation)
            || !reader.TryNatural(out var round) || !TryMemory(ref reader, body, out var frames))
            return null;
        return Frame.AreWellFormed(frames.Span) ? new Deltas { Incarnation = incarnation, Round = round, Frames = frames } : null;
    }

    public override string ToString()
    {
        var text = new System.Text.StringBuilder("Deltas");
        var rest = Frames.Span;
        while (Frame.TryRead(ref rest, out var frame)) text.Append(' ').Append(frame.Run);
        return text.ToString();
    }
}

/// <summary>What else a replica tells about itself and about the receiver.</summary>
[Flags]
internal enum ToldFlags : byte
{
    None = 0,

    /// <summary>The sender lacks its memory and has not got the state of the others yet.</summary>
    NeedsState = 1,

    /// <summary>The receiver lacks what the sender has no deltas of any more.</summary>
    YouAreBehind = 2,

    /// <summary>The receiver's stamps are too far ahead of the sender's clock.</summary>
    YourClockIsAhead = 4,

    /// <summary>No reason to answer: this is an answer.</summary>
    IsAnswer = 8,
}

/// <summary>What the sender has seen durably; the answer to <see cref="Deltas"/>, and a heartbeat.</summary>
internal sealed class Told : MultiLeaderMessage
{
    public const ushort WireKind = MultiLeaderCodec.Block + 2;

    public override ushort Kind => WireKind;

    /// <summary>The last <see cref="Deltas.Round"/> of the receiver that was handled.</summary>
    public long Round { get; set; }

    public ToldFlags Flags { get; set; }

    /// <summary>The sender's wall clock.</summary>
    public long UnixMilliseconds { get; set; }

    public DotContext Seen { get; set; } = new();

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteNatural(output, Round);
        Packing.WriteByte(output, (byte)Flags);
        Packing.WriteSigned(output, UnixMilliseconds);
        Seen.Encode(output);
    }

    public static Told? Decode(ref PackedReader reader)
    {
        if (!reader.TryNatural(out var incarnation)
            || !reader.TryNatural(out var round) || !reader.TryByte(out var flags) || flags > 15
            || !reader.TrySigned(out var milliseconds) || !TryContext(ref reader, out var seen)) return null;
        return new Told
        {
            Incarnation = incarnation,
            Round = round,
            Flags = (ToldFlags)flags,
            UnixMilliseconds = milliseconds,
            Seen = seen,
        };
    }

    public override string ToString() =>
        $"Told {Seen}{(Flags & ~ToldFlags.IsAnswer) switch { ToldFlags.None => "", var flags => $" {flags}" }}";
}
