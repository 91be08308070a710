using Quorate.Simulation.Checking;
using Quorate.Simulation.Labs;

namespace Quorate.Simulation.Canaries;

/// <summary>How the hunt for one canary ended.</summary>
/// <param name="Seed">The first seed in which anything was found; 0: none.</param>
/// <param name="Checker">The checker that found it, or the name of an exception that is no checker's.</param>
/// <param name="Found">The first line of what it said.</param>
/// <param name="Problem">Why this does not count; null: the canary is caught.</param>
internal sealed record CanaryCatch(ulong Seed, string Checker, string Found, string? Problem)
{
    private const ulong FirstSeed = 1;

    /// <summary>Runs seed after seed until one fails; runs that one again with the rules that ship.</summary>
    public static CanaryCatch Of(Canary canary)
    {
        for (var seed = FirstSeed; seed < FirstSeed + (ulong)canary.SeedBudget; seed++)
        {
            var outcome = canary.Execute(seed, canary.Variant);
            if (outcome.Failure is null) continue;
            var (checker, found) = (SimulationFailure.CheckerOf(outcome.FailedBy!), FirstLine(outcome.Failure));
            if (!canary.Expected.Any(e => e.Caught(outcome)))
            {
                var expected = string.Join(" or ", canary.Expected.Select(e => e.ToString()));
                return new(seed, checker, found, $"caught by {checker}, but {expected} must catch it");
            }

            var sound = canary.Execute(seed, canary.Sound);
            var problem = sound.Failure is { } why ? $"the same seed fails with the rules that ship: {FirstLine(why)}" : null;
            return new(seed, checker, found, problem);
        }

        return new(0, "", "", $"{canary.SeedBudget} seeds found nothing");
    }

    /// <summary>Which checkers catch a canary in so many seeds, and how often: for whoever writes down what is
    /// expected.</summary>
    public static IEnumerable<string> Survey(Canary canary, int seeds)
    {
        var found = new SortedDictionary<string, (int Count, ulong First)>(StringComparer.Ordinal);
        for (var seed = FirstSeed; seed < FirstSeed + (ulong)seeds; seed++)
        {
            var outcome = canary.Execute(seed, canary.Variant);
            if (outcome.Failure is null) continue;
            var text = FirstLine(outcome.Failure);
            var checker = SimulationFailure.CheckerOf(outcome.FailedBy!);
            // Of a node's many invariants each is a checker of its own: the rule's words come behind the node and the step.
            if (outcome.FailedBy == typeof(NodeInvariantFailure))
                checker += text[text.IndexOf(": ", StringComparison.Ordinal)..];
            if (!canary.Expected.Any(e => e.Caught(outcome))) checker += "  NOT EXPECTED";
            found[checker] = found.TryGetValue(checker, out var before) ? (before.Count + 1, before.First) : (1, seed);
        }

        return found.Select(f => $"    {f.Value.Count,4} of {seeds}, first in seed {f.Value.First}: {f.Key}");
    }

    private static string FirstLine(string text)
    {
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? text : text[..end];
    }
}
