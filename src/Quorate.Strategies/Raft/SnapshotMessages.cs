using System.Buffers;
using Quorate.Replication;
using Quorate.Replication.Ordered;

namespace Quorate.Strategies.Raft;

/// <summary>[Raft §7, fig. 13] One piece of a snapshot.</summary>
internal sealed class InstallSnapshot : RaftMessage
{
    public const ushort WireKind = RaftCodec.Block + 5;

    public override ushort Kind => WireKind;

    public LogIndex LastIncludedIndex { get; set; }

    public Term LastIncludedTerm { get; set; }

    public long Round { get; set; }

    public long SentAt { get; set; }

    /// <summary>Which piece, 0-based, of how many.</summary>
    public int Piece { get; set; }

    public int PieceCount { get; set; }

    /// <summary>The configuration as of <see cref="LastIncludedIndex"/>.</summary>
    public ReadOnlyMemory<byte> ConfigurationBytes { get; set; }

    public ReadOnlyMemory<byte> Data { get; set; }

    public override void Encode(IBufferWriter<byte> output)
    {
        Wire.Write(output, Term.Value, LastIncludedIndex.Value, LastIncludedTerm.Value, Round, SentAt, Piece, PieceCount);
        Wire.WriteBytes(output, ConfigurationBytes.Span);
        Wire.WriteBytes(output, Data.Span);
    }

    public static InstallSnapshot? Decode(ref WireReader reader)
    {
        if (!reader.TryNatural(out var term) || !reader.TryNatural(out var index) || !reader.TryNatural(out var lastTerm)
            || !reader.TryNatural(out var round) || !reader.TryInt64(out var sentAt) || !reader.TryNatural(out var piece)
            || !reader.TryNatural(out var count)
                || !reader.TryBytes(out var configuration) || !reader.TryBytes(out var data)) return null;
        if (count > int.MaxValue || piece >= count || index == 0 || lastTerm > term
            || !Configuration.TryDecode(configuration.Span, out _)) return null;
        return new InstallSnapshot
        {
            Term = new(term),
            LastIncludedIndex = new(index),
            LastIncludedTerm = new(lastTerm),
            Round = round,
            SentAt = sentAt,
            Piece = (int)piece,
            PieceCount = (int)count,
            ConfigurationBytes = configuration,
            Data = data,
        };
    }

    public override string ToString() =>
        $"InstallSnapshot {Term} upto {LastIncludedIndex}/{LastIncludedTerm} piece {Piece + 1} of {PieceCount}";
}

internal sealed class InstallSnapshotResponse : RaftMessage
{
    public const ushort WireKind = RaftCodec.Block + 6;

    public override ushort Kind => WireKind;

    public LogIndex LastIncludedIndex { get; set; }

    /// <summary>The piece the follower needs next: all before it have arrived.</summary>
    public int NextPiece { get; set; }

    public long Round { get; set; }

    public long SentAt { get; set; }

    public long Incarnation { get; set; }

    public override void Encode(IBufferWriter<byte> output) =>
        Wire.Write(output, Term.Value, LastIncludedIndex.Value, NextPiece, Round, SentAt, Incarnation);

    public static InstallSnapshotResponse? Decode(ref WireReader reader) =>
        reader.TryNatural(out var term) && reader.TryNatural(out var index) && reader.TryNatural(out var next)
        && next <= int.MaxValue && reader.TryNatural(out var round) && reader.TryInt64(out var sentAt)
        && reader.TryNatural(out var incarnation)
            ? new InstallSnapshotResponse
            {
                Term = new(term),
                LastIncludedIndex = new(index),
                NextPiece = (int)next,
                Round = round,
                SentAt = sentAt,
                Incarnation = incarnation,
            }
            : null;

    public override string ToString() => $"InstallSnapshotResponse {Term} upto {LastIncludedIndex} next piece {NextPiece + 1}";
}
