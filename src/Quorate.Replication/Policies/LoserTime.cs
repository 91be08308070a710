using System.Globalization;

namespace Quorate.Replication.Policies;

/// <summary>How long overwritten concurrent values are kept, as people write it: <c>30s</c>, <c>15m</c>, <c>6h</c>,
/// <c>1d</c>.</summary>
internal static class LoserTime
{
    /// <summary>A day, in seconds.</summary>
    public const int Usual = 24 * 60 * 60;

    /// <summary>A year: beyond that it is no log of what was lost lately. In seconds.</summary>
    public const int Longest = 365 * Usual;

    // From the longest, so that the first that divides a time is the one to print it with.
    private static readonly (char Letter, string Name, int Seconds)[] Units = [
        ('d', "day", Usual), ('h', "hour", 60 * 60), ('m', "minute", 60), ('s', "second", 1)];

    /// <summary>False: it is no time, or longer than an <see cref="int"/> of seconds.</summary>
    public static bool TryParse(string text, out int seconds)
    {
        seconds = 0;
        if (text.Length < 2 || !int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return false;
        var unit = Array.Find(Units, u => u.Letter == char.ToLowerInvariant(text[^1])).Seconds;
        if (unit == 0 || (long)count * unit > int.MaxValue) return false;
        seconds = count * unit;
        return true;
    }

    public static string Print(int seconds)
    {
        var (letter, _, unit) = UnitOf(seconds);
        return string.Create(CultureInfo.InvariantCulture, $"{seconds / unit}{letter}");
    }

    /// <summary>In a sentence: a day, 6 hours.</summary>
    public static string Say(int seconds)
    {
        var (_, name, unit) = UnitOf(seconds);
        return seconds == unit
            ? (name == "hour" ? "an hour" : $"a {name}")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds / unit} {name}s");
    }

    private static (char Letter, string Name, int Seconds) UnitOf(int seconds) =>
        Array.Find(Units, u => seconds >= u.Seconds && seconds % u.Seconds == 0) is { Seconds: > 0 } unit ? unit : Units[^1];
}
