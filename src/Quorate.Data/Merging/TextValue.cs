using Quorate.Data.Commands;
using Quorate.Replication.Crdt;

namespace Quorate.Data.Merging;

/// <summary>What a string, a field or nothing at all shows to a reader: the register's value plus what was added.</summary>
internal static class TextValue
{
    /// <summary>The string's bytes; digits are put into <paramref name="digits"/>, of 20 bytes or more.</summary>
    public static ReadOnlySpan<byte> Of(KeyObject o, MergeRules rules, Span<byte> digits) => Of(o.Text!, o.Merged, rules, digits);

    /// <param name="merged">What stands for the register's values; null: the winner does.</param>
    public static ReadOnlySpan<byte> Of(Cell cell, byte[]? merged, MergeRules rules, Span<byte> digits)
    {
        var value = Register(cell, merged, rules);
        if (cell.Counter is not { IsLive: true } counter) return value;
        if (value is null) return digits[..Numbers.Format(counter.Value, digits)];
        // Added to what turned out, concurrently, to be no number: the text is shown, the key is in conflict.
        return Numbers.TryParse(value, out var number) ? digits[..Numbers.Format(Sum(number, counter.Value), digits)] : value;
    }

    /// <summary>The value as an integer; nothing at all is 0. False: it is none.</summary>
    public static bool TryNumber(Cell? cell, byte[]? merged, MergeRules rules, out long number)
    {
        number = 0;
        if (cell is null) return true;
        if (Register(cell, merged, rules) is { } value && !Numbers.TryParse(value, out number)) return false;
        if (cell.Counter is { IsLive: true } counter) number = Sum(number, counter.Value);
        return true;
    }

    public static bool IsNumber(KeyObject o, MergeRules rules) => TryNumber(o.Text, o.Merged, rules, out _);

    private static byte[]? Register(Cell cell, byte[]? merged, MergeRules rules) =>
        cell.Register.Count == 0 ? null : merged ?? cell.Register.Winner(rules).Value;

    /// <summary>Concurrent additions may lead out of the range of 64 bits; then it is the end of the range.</summary>
    private static long Sum(long a, long b) => (long)Int128.Clamp((Int128)a + b, long.MinValue, long.MaxValue);
}
