using Quorate.Replication;

namespace Quorate.Canaries;

/// <summary>A run in which something was found; it says what happened before.</summary>
/// <param name="message">The seed, what was found, and the end of the trace.</param>
/// <param name="found">What was thrown: by a checker, or by code that is broken.</param>
internal sealed class RunFailure(string message, Exception found) : Exception(message, found);

/// <summary>
/// Looks for a seed in which a rule that is broken on purpose is noticed. It counts only when one of the checkers that the canary
/// names notices it: another checker's words, or an exception that is no checker's, fail the test. The same seed must then pass
/// with the rules that ship, for what finds fault with everything proves nothing.
/// </summary>
internal static class CanaryHunt
{
    /// <summary>Runs seed after seed until something is found.</summary>
    /// <param name="canary">What is broken.</param>
    /// <param name="seeds">It must be caught within these.</param>
    /// <param name="broken">Runs a seed with the rule broken; what a checker said, null: nothing.</param>
    /// <param name="sound">Runs a seed with the rules that ship.</param>
    /// <param name="expected">For each checker that may catch it, words that it says.</param>
    public static void Catch(
        string canary,
        IEnumerable<ulong> seeds, Func<ulong, string?> broken, Func<ulong, string?> sound, params string[] expected)
    {
        foreach (var seed in seeds)
        {
            if (broken(seed) is not { } found) continue;
            TestContext.Current.TestOutputHelper?.WriteLine($"{canary}: seed {seed}: {found}");
            expected.Any(e => found.Contains(e, StringComparison.Ordinal)).ShouldBeTrue(
                $"'{canary}' was caught in seed {seed} by another checker than '{string.Join("' or '", expected)}': {found}");
            sound(seed).ShouldBeNull($"seed {seed} fails with the rules that ship, too");
            return;
        }

        Assert.Fail($"'{canary}' was not caught");
    }

    /// <summary>What a checker says of a run: an invariant of the tested code, or an assertion of the test.</summary>
    /// <returns>Null: it found nothing.</returns>
    /// <remarks>What no checker has thrown goes on to the caller.</remarks>
    public static string? WordsOf(Action run)
    {
        try
        {
            run();
            return null;
        }
        catch (Exception e) when (FoundByChecker(e) is { } found)
        {
            return found.Message;
        }
    }

    private static Exception? FoundByChecker(Exception? thrown) => thrown switch
    {
        InvariantViolation or ShouldAssertException => thrown,
        RunFailure => FoundByChecker(thrown.InnerException),
        _ => null,
    };

    /// <summary>The first <paramref name="count"/> seeds from <paramref name="first"/> on.</summary>
    public static IEnumerable<ulong> Seeds(int count, ulong first = 1)
    {
        for (var seed = first; seed < first + (ulong)count; seed++) yield return seed;
    }
}
