using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// What happened to registers, one after the other, as records of the journal, pieces of snapshots and seeds have it:
/// [u8 what][key][ballot], for Accepted [promise][value].
/// </summary>
internal static class RegisterRecord
{
    private enum What : byte
    {
        Promised = 1,
        Accepted = 2,

        /// <summary>The register is forgotten; the ballot is the least floor after it.</summary>
        Removed = 3,

        /// <summary>What forgotten registers had promised; the key is empty.</summary>
        Floor = 4,
    }

    public static void WriteFloor(IBufferWriter<byte> output, Ballot floor)
    {
        if (floor.IsNone) return;
        Packing.WriteByte(output, (byte)What.Floor);
        Packing.WriteBytes(output, default);
        floor.Write(output);
    }

    public static void WritePromised(IBufferWriter<byte> output, Register register)
    {
        Packing.WriteByte(output, (byte)What.Promised);
        Packing.WriteBytes(output, register.Key);
        register.Promise.Write(output);
    }

    public static void WriteAccepted(IBufferWriter<byte> output, Register register)
    {
        Packing.WriteByte(output, (byte)What.Accepted);
        Packing.WriteBytes(output, register.Key);
        register.Accepted.Write(output);
        register.Promise.Write(output);
        Packing.WriteBytes(output, register.Value);
    }

    public static void WriteRemoved(IBufferWriter<byte> output, Register register)
    {
        Packing.WriteByte(output, (byte)What.Removed);
        Packing.WriteBytes(output, register.Key);
        register.Promise.Write(output);
    }

    /// <summary>All that is known of a register.</summary>
    public static void WriteWhole(IBufferWriter<byte> output, Register register)
    {
        if (register.Accepted.IsNone) WritePromised(output, register);
        else WriteAccepted(output, register);
    }

    public static bool AreWellFormed(ReadOnlySpan<byte> items)
    {
        var reader = new PackedReader(items);
        while (!reader.IsAtEnd) if (!TryRead(ref reader, out _, out _, out _, out _, out _)) return false;
        return true;
    }

    /// <summary>Does again what well-formed items say happened, unless the store is ahead of them.</summary>
    public static void Replay(ReadOnlySpan<byte> items, RegisterStore store)
    {
        var reader = new PackedReader(items);
        while (TryRead(ref reader, out var what, out var key, out var ballot, out var promise, out var value))
        {
            if (what == What.Accepted) store.Restore(key, promise, ballot, value);
            else if (what == What.Promised) store.Restore(key, ballot, default, default);
            else
            {
                store.RaiseFloor(ballot);
                if (what == What.Removed && store.Find(key) is { } register && register.Promise <= ballot) store.Remove(register);
            }
        }
    }

    private static bool TryRead(
        ref PackedReader reader,
        out What what, out ReadOnlySpan<byte> key, out Ballot ballot, out Ballot promise, out ReadOnlySpan<byte> value)
    {
        what = default;
        key = value = default;
        ballot = promise = default;
        if (!reader.TryByte(out var kind)
            || !reader.TryBytes(out key) || !Ballot.TryRead(ref reader, out ballot) || ballot.IsNone)
            return false;
        what = (What)kind;
        if (what is What.Promised or What.Removed or What.Floor) return true;
        return what == What.Accepted && Ballot.TryRead(ref reader, out promise) && promise >= ballot && reader.TryBytes(out value)
            && Versioned.IsWellFormed(value);
    }
}
