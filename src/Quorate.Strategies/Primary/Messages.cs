using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Primary;

/// <summary>A message of a primary-backup group; each is said in an epoch.</summary>
internal abstract class PrimaryMessage : Message
{
    public Epoch Epoch { get; set; }
}

/// <summary>Entries after (<see cref="PrevIndex"/>, <see cref="PrevEpoch"/>), or none: then it is a heartbeat or a
/// probe.</summary>
internal sealed class Append : PrimaryMessage
{
    public const ushort WireKind = PrimaryCodec.Block + 1;

    public override ushort Kind => WireKind;

    public LogIndex PrevIndex { get; set; }

    public Epoch PrevEpoch { get; set; }

    public LogIndex CommitIndex { get; set; }

    /// <summary>The last index of the sender's log that it ships.</summary>
    public LogIndex LastIndex { get; set; }

    /// <summary>Up to here everybody has the log: it need not be kept for anybody.</summary>
    public LogIndex DropIndex { get; set; }

    /// <summary>The incarnation of the receiver that the sender has last heard of; 0 when none.</summary>
    public long BackupIncarnation { get; set; }

    /// <summary>Frames of <see cref="EntryFrame"/>; points into the sender's log or the receiver's input.</summary>
    public ReadOnlyMemory<byte> Entries { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Wire.Write(
            output,
            Epoch.Value, PrevIndex.Value, PrevEpoch.Value, CommitIndex.Value, LastIndex.Value, DropIndex.Value,
            BackupIncarnation);
        Wire.WriteBytes(output, Entries.Span);
    }

    public static Append? Decode(ref WireReader reader)
    {
        if (!reader.TryNatural(out var epoch) || !reader.TryNatural(out var prevIndex) || !reader.TryNatural(out var prevEpoch)
            || !reader.TryNatural(out var commit) || !reader.TryNatural(out var last) || !reader.TryNatural(out var drop)
            || !reader.TryNatural(out var incarnation) || !reader.TryBytes(out var entries)) return null;
        if (!EntryFrame.AreWellFormed(entries.Span, new Epoch(prevEpoch), new Epoch(epoch), PrimaryJournal.Kinds)) return null;
        return new Append
        {
            Epoch = new(epoch),
            PrevIndex = new(prevIndex),
            PrevEpoch = new(prevEpoch),
            CommitIndex = new(commit),
            LastIndex = new(last),
            DropIndex = new(drop),
            BackupIncarnation = incarnation,
            Entries = entries,
        };
    }

    public override string ToString()
    {
        var count = EntryFrame.Count(Entries.Span);
        var what = count == 0 ? "heartbeat" : $"{count} {(count == 1 ? "entry" : "entries")}";
        return $"Append {Epoch} prev {PrevIndex}/{PrevEpoch} {what} commit {CommitIndex}";
    }
}

/// <summary>A backup's answer, to what was said in <see cref="PrimaryMessage.Epoch"/>.</summary>
internal sealed class AppendResponse : PrimaryMessage
{
    public const ushort WireKind = PrimaryCodec.Block + 2;

    public override ushort Kind => WireKind;

    public bool Success { get; set; }

    /// <summary>The log is whole, but the state is not one that its entries could be applied to: a snapshot is needed,
    /// not older than <see cref="HintIndex"/>.</summary>
    public bool NeedsSnapshot { get; set; }

    /// <summary>Success: the log agrees with the primary's and is durable up to here.</summary>
    public LogIndex MatchIndex { get; set; }

    /// <summary>Success: the log agrees up to here (maybe not durable yet). Refusal: the PrevIndex refused.</summary>
    public LogIndex LastIndex { get; set; }

    /// <summary>Refusal: the last index that could agree, and its epoch.</summary>
    public LogIndex HintIndex { get; set; }

    public Epoch HintEpoch { get; set; }

    /// <summary>Which life of the sender this is.</summary>
    public long Incarnation { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Wire.WriteFlags(output, (byte)((Success ? 1 : 0) | (NeedsSnapshot ? 2 : 0)));
        Wire.Write(output, Epoch.Value, MatchIndex.Value, LastIndex.Value, HintIndex.Value, HintEpoch.Value, Incarnation);
    }

    public static AppendResponse? Decode(ref WireReader reader) =>
        reader.TryFlags(3, out var flags) && reader.TryNatural(out var epoch) && reader.TryNatural(out var match)
        && reader.TryNatural(out var last) && reader.TryNatural(out var hint) && reader.TryNatural(out var hintEpoch)
        && reader.TryNatural(out var incarnation)
            ? new AppendResponse
            {
                Epoch = new(epoch),
                Success = (flags & 1) != 0,
                NeedsSnapshot = (flags & 2) != 0,
                MatchIndex = new(match),
                LastIndex = new(last),
                HintIndex = new(hint),
                HintEpoch = new(hintEpoch),
                Incarnation = incarnation,
            }
            : null;

    public override string ToString() => Success
        ? $"AppendResponse {Epoch} match {MatchIndex} last "
            + $"{LastIndex}{(NeedsSnapshot ? $" needs a snapshot from {HintIndex} on" : "")}"
        : $"AppendResponse {Epoch} refused {LastIndex} hint {HintIndex}/{HintEpoch}";
}

/// <summary>The control plane's word, passed on to a replica that spoke in an older epoch.</summary>
internal sealed class Announce : PrimaryMessage
{
    public const ushort WireKind = PrimaryCodec.Block + 3;

    public override ushort Kind => WireKind;

    public required GroupConfiguration Configuration { get; init; }

    public override void Encode(IBufferWriter<byte> output) => ConfigurationCodec.Write(output, Configuration);

    public static Announce? Decode(ref WireReader reader) =>
        ConfigurationCodec.TryRead(ref reader, out var configuration)
            ? new Announce { Epoch = configuration!.Epoch, Configuration = configuration }
            : null;

    public override string ToString() => $"Announce {Configuration}";
}

/// <summary>A backup asks for the index at which its reads are linearizable.</summary>
internal sealed class ReadIndex : PrimaryMessage
{
    public const ushort WireKind = PrimaryCodec.Block + 7;

    public override ushort Kind => WireKind;

    /// <summary>Chosen by the backup, comes back.</summary>
    public long Context { get; set; }

    public override void Encode(IBufferWriter<byte> output) => Wire.Write(output, Epoch.Value, Context);

    public static ReadIndex? Decode(ref WireReader reader) =>
        reader.TryNatural(out var epoch) && reader.TryNatural(out var context)
            ? new ReadIndex { Epoch = new(epoch), Context = context }
            : null;

    public override string ToString() => $"ReadIndex {Epoch} #{Context}";
}

internal sealed class ReadIndexResponse : PrimaryMessage
{
    public const ushort WireKind = PrimaryCodec.Block + 8;

    public override ushort Kind => WireKind;

    public long Context { get; set; }

    public LogIndex Index { get; set; }

    public override void Encode(IBufferWriter<byte> output) => Wire.Write(output, Epoch.Value, Context, Index.Value);

    public static ReadIndexResponse? Decode(ref WireReader reader) =>
        reader.TryNatural(out var epoch) && reader.TryNatural(out var context) && reader.TryNatural(out var index)
            ? new ReadIndexResponse { Epoch = new(epoch), Context = context, Index = new(index) }
            : null;

    public override string ToString() => $"ReadIndexResponse {Epoch} #{Context} {Index}";
}
