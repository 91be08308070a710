using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Causality;

namespace Quorate.Strategies.MultiLeader;

/// <summary>Asks for the next piece of the receiver's state.</summary>
internal sealed class Pull : MultiLeaderMessage
{
    public const ushort WireKind = MultiLeaderCodec.Block + 3;

    public override ushort Kind => WireKind;

    /// <summary>Names the transfer; grows over restarts of the member that pulls.</summary>
    public long Transfer { get; set; }

    /// <summary>The first hash that is wanted; 0: the beginning, with a summary.</summary>
    public ulong From { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteNatural(output, Transfer);
        Packing.WriteNumber(output, From);
    }

    public static Pull? Decode(ref PackedReader reader) =>
        reader.TryNatural(out var incarnation) && reader.TryNatural(out var transfer) && reader.TryNumber(out var from)
            ? new Pull { Incarnation = incarnation, Transfer = transfer, From = from } : null;

    public override string ToString() => From == 0 ? "Pull" : "Pull more";
}

/// <summary>A piece of state: all keys of a range of hashes. Sent to the member that pulls.</summary>
internal sealed class States : MultiLeaderMessage
{
    public const ushort WireKind = MultiLeaderCodec.Block + 4;

    public override ushort Kind => WireKind;

    public long Transfer { get; set; }

    public ulong From { get; set; }

    /// <summary>Where the next piece begins.</summary>
    public ulong Next { get; set; }

    public bool IsLast { get; set; }

    /// <summary>The sender has its memory, or got the state of one that has.</summary>
    public bool IsWhole { get; set; }

    /// <summary>What the sender had seen when it wrote the piece; with the first, what the summary says.</summary>
    public DotContext Seen { get; set; } = new();

    /// <summary>All that may be part of the piece: more, while states are only in part merged at the sender.</summary>
    public DotContext Shows { get; set; } = new();

    /// <summary>With the first piece: what the sender had seen before it.</summary>
    public ReadOnlyMemory<byte> Summary { get; set; }

    public ReadOnlyMemory<byte> State { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteNatural(output, Transfer);
        Packing.WriteNumber(output, From);
        Packing.WriteNumber(output, Next);
        Packing.WriteByte(output, (byte)((IsLast ? 1 : 0) | (IsWhole ? 2 : 0)));
        Seen.Encode(output);
        Shows.Encode(output);
        Packing.WriteBytes(output, Summary.Span);
        Packing.WriteBytes(output, State.Span);
    }

    public static States? Decode(ref PackedReader reader, ReadOnlyMemory<byte> body)
    {
        if (!reader.TryNatural(out var incarnation) || !reader.TryNatural(out var transfer) || !reader.TryNumber(out var from)
            || !reader.TryNumber(out var next)
                || !reader.TryByte(out var flags) || flags > 3 || !TryContext(ref reader, out var seen)
                || !TryContext(ref reader, out var shows)
            || !TryMemory(ref reader, body, out var summary) || !TryMemory(ref reader, body, out var state)) return null;
        return new States
        {
            Incarnation = incarnation,
            Transfer = transfer,
            From = from,
            Next = next,
            IsLast = (flags & 1) != 0,
            IsWhole = (flags & 2) != 0,
            Seen = seen,
            Shows = shows,
            Summary = summary,
            State = state,
        };
    }

    public override string ToString() =>
        $"States{(From == 0 ? " first" : "")}{(IsLast ? " last" : "")}{(IsWhole ? "" : " partial")} shows {Shows}";
}

/// <summary>
/// The newest states of keys. In a round of <see cref="Ship.State"/> these are all keys that changed since what the receiver
/// had confirmed, so that after the last piece it has seen what the summary says; or they repair what was found to differ.
/// </summary>
internal sealed class Changes : MultiLeaderMessage
{
    public const ushort WireKind = MultiLeaderCodec.Block + 5;

    public override ushort Kind => WireKind;

    /// <summary>The life of the receiver that has confirmed what these changes build on.</summary>
    public long ReceiverIncarnation { get; set; }

    /// <summary>Counts such rounds; 0: a repair.</summary>
    public long Round { get; set; }

    public long Piece { get; set; }

    /// <summary>What the sender had seen before the first piece; what the summary says.</summary>
    public DotContext Seen { get; set; } = new();

    /// <summary>All that may be part of the states.</summary>
    public DotContext Shows { get; set; } = new();

    /// <summary>With the last piece: what the sender had seen before the first; empty otherwise.</summary>
    public ReadOnlyMemory<byte> Summary { get; set; }

    /// <summary>States, each with its length before it.</summary>
    public ReadOnlyMemory<byte> States { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteNatural(output, ReceiverIncarnation);
        Packing.WriteNatural(output, Round);
        Packing.WriteNatural(output, Piece);
        Seen.Encode(output);
        Shows.Encode(output);
        Packing.WriteBytes(output, Summary.Span);
        Packing.WriteBytes(output, States.Span);
    }

    public static Changes? Decode(ref PackedReader reader, ReadOnlyMemory<byte> body)
    {
        if (!reader.TryNatural(out var incarnation) || !reader.TryNatural(out var receiver) || !reader.TryNatural(out var round)
            || !reader.TryNatural(out var piece)
                || !TryContext(ref reader, out var seen) || !TryContext(ref reader, out var shows)
            || !TryMemory(ref reader, body, out var summary) || !TryMemory(ref reader, body, out var states)) return null;
        var rest = new PackedReader(states.Span);
        while (!rest.IsAtEnd) if (!rest.TryBytes(out _)) return null;
        return new Changes
        {
            Incarnation = incarnation,
            ReceiverIncarnation = receiver,
            Round = round,
            Piece = piece,
            Seen = seen,
            Shows = shows,
            Summary = summary,
            States = states,
        };
    }

    public override string ToString()
    {
        var count = 0;
        var rest = new PackedReader(States.Span);
        while (rest.TryBytes(out _)) count++;
        return $"{(Round == 0 ? "Changes repair" : "Changes")} {count} keys{(Summary.IsEmpty ? "" : " last")} shows {Shows}";
    }
}

/// <summary>Which piece of a round of <see cref="Changes"/> is wanted next.</summary>
internal sealed class ChangesResponse : MultiLeaderMessage
{
    public const ushort WireKind = MultiLeaderCodec.Block + 6;

    public override ushort Kind => WireKind;

    public long Round { get; set; }

    public long NextPiece { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteNatural(output, Round);
        Packing.WriteNatural(output, NextPiece);
    }

    public static ChangesResponse? Decode(ref PackedReader reader) =>
        reader.TryNatural(out var incarnation) && reader.TryNatural(out var round) && reader.TryNatural(out var next)
            ? new ChangesResponse { Incarnation = incarnation, Round = round, NextPiece = next } : null;

    public override string ToString() => $"ChangesResponse next {NextPiece}";
}

/// <summary>Digests of 64 parts of the hashes. Two members that have seen the same updates must have equal digests.</summary>
internal sealed class Compare : MultiLeaderMessage
{
    public const ushort WireKind = MultiLeaderCodec.Block + 7;
    public const int Parts = 64;

    public override ushort Kind => WireKind;

    /// <summary>−1: the 64 parts of level 6; else the 64 parts of level 12 within this part of level 6.</summary>
    public int Within { get; set; } = -1;

    public bool IsAnswer { get; set; }

    public DotContext Seen { get; set; } = new();

    public ulong[] Digests { get; set; } = [];

    public override void Encode(IBufferWriter<byte> output)
    {
        Packing.WriteNatural(output, Incarnation);
        Packing.WriteNatural(output, Within + 1);
        Packing.WriteByte(output, IsAnswer ? (byte)1 : (byte)0);
        Seen.Encode(output);
        foreach (var digest in Digests) Packing.WriteNumber(output, digest);
    }

    public static Compare? Decode(ref PackedReader reader)
    {
        if (!reader.TryNatural(out var incarnation) || !reader.TryNatural(out var within) || within > Parts
            || !reader.TryByte(out var flags) || flags > 1 || !TryContext(ref reader, out var seen)) return null;
        var digests = new ulong[Parts];
        for (var i = 0; i < Parts; i++) if (!reader.TryNumber(out digests[i])) return null;
        return new Compare
        {
            Incarnation = incarnation,
            Within = (int)within - 1,
            IsAnswer = flags == 1,
            Seen = seen,
            Digests = digests,
        };
    }

    public override string ToString() => Within < 0 ? "Compare" : $"Compare within {Within}{(IsAnswer ? " answer" : "")}";
}
