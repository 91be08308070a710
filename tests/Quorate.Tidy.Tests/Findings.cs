namespace Quorate.Tidy.Tests;

/// <summary>Turns what a rule found into a failure that names every place.</summary>
internal static class Findings
{
    public static void ShouldBeNone(this IEnumerable<string> findings, string rule)
    {
        string[] all = [.. findings];
        if (all.Length > 0) Assert.Fail($"{rule}:\n  {string.Join("\n  ", all)}");
    }
}
