using System.Numerics;
using System.Runtime.InteropServices;
using Quorate.Data.Commands;
using Quorate.Data.Store;
using Quorate.Data.Values;
using Quorate.Replication.Ordered;
using Quorate.Resp;
using static Quorate.Data.Commands.CommandFlags;

namespace Quorate.Data.Strings;

/// <summary>Strings as arrays of bits, the most significant bit of a byte first.</summary>
internal static class Bits
{
    public static readonly CommandSpec[] Commands =
    [
        new()
        {
            Name = "setbit", Arity = 4, Flags = Write | DenyOom, Route = CommandRoute.Write, FirstKey = 1, LastKey = 1,
            KeyStep = 1,
            Group = "bitmap", Since = "2.2.0",
            Summary = "Sets or clears the bit at offset in the string value stored at key", Handler = SetBit,
        },
        new()
        {
            Name = "getbit", Arity = 3, Flags = ReadOnly | Fast, Route = CommandRoute.Read, FirstKey = 1, LastKey = 1,
            KeyStep = 1,
            Group = "bitmap", Since = "2.2.0",
            Summary = "Returns the bit value at offset in the string value stored at key", Handler = GetBit,
        },
        new()
        {
            Name = "bitcount", Arity = -2, Flags = ReadOnly, Route = CommandRoute.Read, FirstKey = 1, LastKey = 1, KeyStep = 1,
            Group = "bitmap", Since = "2.6.0", Complexity = "O(N)", Summary = "Count set bits in a string", Handler = BitCount,
        },
        new()
        {
            Name = "bitpos", Arity = -3, Flags = ReadOnly, Route = CommandRoute.Read, FirstKey = 1, LastKey = 1, KeyStep = 1,
            Group = "bitmap", Since = "2.8.7", Complexity = "O(N)", Summary = "Find first bit set or clear in a string",
            Handler = BitPos,
        },
        new()
        {
            Name = "bitop", Arity = -4, Flags = Write | DenyOom, Route = CommandRoute.Write, FirstKey = 2, LastKey = -1,
            KeyStep = 1,
            Group = "bitmap", Since = "2.6.0", Complexity = "O(N)",
            Summary = "Perform bitwise operations between strings", Handler = BitOp,
        },
    ];

    private static readonly ValueForm Changed = StringType.Of(StringForm.Raw);

    private static bool TryOffset(CommandContext context, ReadOnlySpan<byte> text, out long offset)
    {
        if (Numbers.TryParse(text, out offset) && offset >= 0 && offset >> 3 < KeyspaceMachine.LongestValueBytes) return true;
        context.Reply.Error("ERR bit offset is not an integer or out of range"u8);
        return false;
    }

    private static void SetBit(CommandContext context, in CommandArgs args)
    {
        if (!TryOffset(context, args[2], out var offset)) return;
        if (!Numbers.TryParse(args[3], out var on) || on is not (0 or 1))
        {
            context.Reply.Error("ERR bit is not an integer or out of range"u8);
            return;
        }

        if (!context.TryFindString(args[1], out var row)) return;
        var at = (int)(offset >> 3);
        var mask = 0x80 >> (int)(offset & 7);
        if (row == 0) row = context.Store.Insert(args[1], KeyHash.Of(args[1]), at + 1, Changed, context.Stamp, out _);
        var length = Math.Max(at + 1, context.StringOf(row).Length);
        var value = context.Store.Reshape(row, length, Changed, context.Stamp);
        var old = (value[at] & mask) != 0;
        value[at] = (byte)(on == 1 ? value[at] | mask : value[at] & ~mask);
        context.Reply.Integer(old ? 1 : 0);
    }

    private static void GetBit(CommandContext context, in CommandArgs args)
    {
        if (!TryOffset(context, args[2], out var offset) || !context.TryReadString(args[1], out var row)) return;
        var value = context.StringOf(row);
        var at = offset >> 3;
        context.Reply.Integer(at < value.Length && BitAt(value, offset) ? 1 : 0);
    }

    private static bool BitAt(ReadOnlySpan<byte> value, long offset) =>
        (value[(int)(offset >> 3)] & (0x80 >> (int)(offset & 7))) != 0;

    private static void BitCount(CommandContext context, in CommandArgs args)
    {
        if (!context.TryReadString(args[1], out var row)) return;
        if (row == 0)
        {
            context.Reply.Integer(0);
            return;
        }

        var value = context.StringOf(row);
        if (args.Count == 2)
        {
            context.Reply.Integer(Count(value));
            return;
        }

        if (args.Count is not (4 or 5))
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }

        if (!context.TryInteger(args[2], out var start) || !context.TryInteger(args[3], out var end)) return;
        if (start < 0 && end < 0 && start > end)
        {
            context.Reply.Integer(0);
            return;
        }

        if (!TryUnit(context, args, 4, out var inBits)) return;
        Clamp(ref start, ref end, inBits ? value.Length * 8L : value.Length);
        context.Reply.Integer(
            start > end ? 0 : inBits ? CountBits(value, start, end) : Count(value.Slice((int)start, (int)(end - start + 1))));
    }

    private static bool TryUnit(CommandContext context, in CommandArgs args, int at, out bool inBits)
    {
        inBits = args.Count > at && args[at].Is("bit"u8);
        if (args.Count <= at || inBits || args[at].Is("byte"u8)) return true;
        context.Reply.Error(Errors.Syntax);
        return false;
    }

    private static void Clamp(ref long start, ref long end, long length)
    {
        if (start < 0) start = Math.Max(0, length + start);
        if (end < 0) end = Math.Max(0, length + end);
        end = Math.Min(end, length - 1);
    }

    private static long Count(ReadOnlySpan<byte> bytes)
    {
        long sum = 0;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) sum += BitOperations.PopCount(word);
        foreach (var b in bytes[(words.Length * 8)..]) sum += BitOperations.PopCount(b);
        return sum;
    }

    private static long CountBits(ReadOnlySpan<byte> value, long start, long end)
    {
        int first = (int)(start >> 3), last = (int)(end >> 3);
        var sum = Count(value[first..(last + 1)]);
        sum -= BitOperations.PopCount((uint)(value[first] & ~(0xFF >> (int)(start & 7)) & 0xFF));
        return sum - BitOperations.PopCount((uint)(value[last] & (0xFF >> ((int)(end & 7) + 1))));
    }

    private static void BitPos(CommandContext context, in CommandArgs args)
    {
        if (!context.TryInteger(args[2], out var bit)) return;
        if (bit is not (0 or 1))
        {
            context.Reply.Error("ERR The bit argument must be 1 or 0."u8);
            return;
        }

        if (!context.TryReadString(args[1], out var row)) return;
        if (row == 0)
        {
            context.Reply.Integer(bit == 1 ? -1 : 0);
            return;
        }

        if (args.Count > 6)
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }

        var value = context.StringOf(row);
        long start = 0, end = -1;
        if (args.Count > 3 && !context.TryInteger(args[3], out start)) return;
        if (!TryUnit(context, args, 5, out var inBits)) return;
        if (args.Count > 4 && !context.TryInteger(args[4], out end)) return;
        Clamp(ref start, ref end, inBits ? value.Length * 8L : value.Length);
        if (start > end || value.Length == 0)
        {
            context.Reply.Integer(-1);
            return;
        }

        if (!inBits) (start, end) = (start * 8, (end * 8) + 7);
        var found = FirstBit(value, bit == 1, start, end);
        // Without an explicit end the string goes on with zeros for ever.
        if (found < 0 && bit == 0 && args.Count <= 4) found = value.Length * 8L;
        context.Reply.Integer(found);
    }

    private static long FirstBit(ReadOnlySpan<byte> value, bool set, long start, long end)
    {
        var skipped = set ? (byte)0 : (byte)0xFF;
        for (var at = start; at <= end;)
        {
            if ((at & 7) == 0 && value[(int)(at >> 3)] == skipped)
            {
                var rest = value[(int)(at >> 3)..];
                var run = rest.IndexOfAnyExcept(skipped);
                if (run < 0) return -1;
                at += run * 8L;
                continue;
            }

            if (BitAt(value, at) == set) return at;
            at++;
        }

        return -1;
    }

    private static void BitOp(CommandContext context, in CommandArgs args)
    {
        var operation = args[1];
        var isAnd = operation.Is("and"u8);
        var isOr = operation.Is("or"u8);
        var isNot = operation.Is("not"u8);
        if (!isAnd && !isOr && !isNot && !operation.Is("xor"u8))
        {
            context.Reply.Error(Errors.Syntax);
            return;
        }

        if (isNot && args.Count != 4)
        {
            context.Reply.Error("ERR BITOP NOT must be called with a single source key."u8);
            return;
        }

        var longest = 0;
        for (var i = 3; i < args.Count; i++)
        {
            if (!context.TryReadString(args[i], out var row)) return;
            longest = Math.Max(longest, context.StringOf(row).Length);
        }

        var result = new byte[longest];
        context.StringOf(context.Find(args[3])).CopyTo(result);
        if (isNot)
            for (var i = 0; i < result.Length; i++) result[i] = (byte)~result[i];
        for (var i = 4; i < args.Count; i++) Combine(result, context.StringOf(context.Find(args[i])), isAnd, isOr);

        if (longest > 0)
        {
            context.SetString(args[2], result, form: StringForm.Raw);
        }
        else
        {
            var old = context.Find(args[2]);
            if (old != 0) context.Store.Remove(old, KeyChange.Removed);
        }

        context.Reply.Integer(longest);
    }

    private static void Combine(Span<byte> result, ReadOnlySpan<byte> other, bool isAnd, bool isOr)
    {
        for (var i = 0; i < other.Length; i++)
            result[i] = (byte)(isAnd ? result[i] & other[i] : isOr ? result[i] | other[i] : result[i] ^ other[i]);
        if (isAnd) result[other.Length..].Clear();
    }
}
