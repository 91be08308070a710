using System.Globalization;
using System.Text;

namespace Quorate.Replication.Policies;

/// <summary>The words of replicas that no acknowledgement waits for: <c>delay 1:1h</c>, <c>cascade 2</c>.</summary>
internal static class StandbyText
{
    public const int ShortestDelayMilliseconds = 1000;

    /// <summary>A week.</summary>
    public const int LongestDelayMilliseconds = 7 * 24 * 3600 * 1000;

    private static readonly (char Letter, int Milliseconds)[] s_units = [
        ('d', 24 * 3600 * 1000), ('h', 3600 * 1000), ('m', 60 * 1000), ('s', 1000)];

    public static string? TakeDelay(string value, ref Policy policy)
    {
        if (value.Equals("none", StringComparison.OrdinalIgnoreCase))
        {
            policy = policy with { Delayed = 0, DelayMilliseconds = 0 };
            return null;
        }

        var at = value.IndexOf(':', StringComparison.Ordinal);
        var count = 1;
        if ((at >= 0 && (!TryNumber(value[..at], out count) || count == 0)) || !TryDuration(value[(at + 1)..], out var delay))
            return $"delay takes how many replicas and how long, as in 1:1h (s, m, h or d, 1s to 7d), or none; not '{value}'";
        policy = policy with { Delayed = count, DelayMilliseconds = delay };
        return null;
    }

    public static string? TakeCascade(string value, ref Policy policy)
    {
        if (!TryNumber(value, out var count))
            return $"cascade is a number, of further replicas that a backup feeds, not '{value}'";
        policy = policy with { Cascaded = count };
        return null;
    }

    public static void Print(Policy policy, StringBuilder text) => text.Append(Printed(policy));

    /// <summary>The words with a blank before them; empty when there are none.</summary>
    public static string Printed(Policy policy) =>
        (policy.Delayed == 0
            ? "" : string.Create(CultureInfo.InvariantCulture, $" delay {policy.Delayed}:{Duration(policy.DelayMilliseconds)}"))
        + (policy.Cascaded == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" cascade {policy.Cascaded}"));

    /// <summary>In the largest unit that takes no fraction.</summary>
    public static string Duration(int milliseconds)
    {
        foreach (var (letter, unit) in s_units)
            if (milliseconds > 0 && milliseconds % unit == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{milliseconds / unit}{letter}");
        return string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
    }

    public static void AddProblems(Policy policy, List<string> problems)
    {
        if (policy is { Delayed: 0, Cascaded: 0, DelayMilliseconds: 0 }) return;
        if (policy.Delayed < 0
            || policy.Cascaded < 0 || policy.Replicas + (long)policy.Delayed + policy.Cascaded > PolicyCheck.MostReplicas)
        {
            problems.Add($"replicas, delay and cascade together are {PolicyCheck.MostReplicas} at most");
            return;
        }

        if (policy.Strategy != Strategy.Primary)
        {
            var word = policy.Delayed > 0 ? "delay" : "cascade";
            problems.Add($"{word} needs strategy primary; {policy.Strategy.Promise.WhyNoStandby(policy)}");
            return;
        }

        if (policy.Delayed > 0 && policy.DelayMilliseconds is < ShortestDelayMilliseconds or > LongestDelayMilliseconds)
            problems.Add(
                $"delay is {Duration(ShortestDelayMilliseconds)} to {Duration(LongestDelayMilliseconds)}, not "
                    + $"{Duration(policy.DelayMilliseconds)}");
        if (policy is { Cascaded: > 0, Replicas: 1 })
            problems.Add("cascade has a backup feed its replicas, and replicas 1 has no backup");
    }

    private static bool TryNumber(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static bool TryDuration(string text, out int milliseconds)
    {
        milliseconds = 0;
        if (text.Length < 2) return false;
        foreach (var (letter, unit) in s_units)
        {
            if (char.ToLowerInvariant(text[^1]) != letter) continue;
            if (!TryNumber(text[..^1], out var number)
                || (long)number * unit is < ShortestDelayMilliseconds or > LongestDelayMilliseconds)
                return false;
            milliseconds = number * unit;
            return true;
        }

        return false;
    }
}
