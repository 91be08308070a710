using System.Diagnostics;

namespace Quorate.Simulation.Canaries;

/// <summary>
/// Tests the tester: variants broken on purpose, one rule each, must all be caught within their budget of seeds. A canary
/// that survives means that the simulator would not notice that mistake in the real code either.
/// </summary>
public static class CanaryList
{
    private const ulong FirstSeed = 1;

    /// <summary>Names of all canaries.</summary>
    public static IReadOnlyList<string> Names => [.. All.Select(c => c.Name)];

    internal static IEnumerable<Canary> All => RaftCanaries.All.Concat(JournalCanaries.All).Concat(KeyspaceCanaries.All).Concat(MergingCanaries.All);

    /// <summary>Runs all and prints each, and the score.</summary>
    /// <returns>0 when every canary was caught, else 1.</returns>
    /// <param name="output">Where they are printed.</param>
    /// <param name="threads">How many at the same time.</param>
    /// <param name="only">A part of the names of those to run; null for all.</param>
    public static int Run(TextWriter output, int threads = 2, string? only = null)
    {
        var clock = Stopwatch.StartNew();
        var canaries = All.Where(c => only is null || c.Name.Contains(only, StringComparison.Ordinal)).ToArray();
        var found = new (int Seeds, string Why)?[canaries.Length];
        var next = -1;
        var workers = Enumerable.Range(0, Math.Max(1, threads)).Select(_ => new Thread(Work)).ToList();
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers) worker.Join();

        var caught = found.Count(f => f is not null);
        output.WriteLine($"{caught} of {canaries.Length} canaries caught in {clock.Elapsed.TotalSeconds:0} s");
        return caught == canaries.Length ? 0 : 1;

        void Work()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < canaries.Length;)
            {
                found[i] = Catch(canaries[i]);
                lock (output)
                {
                    output.WriteLine(found[i] is var (seeds, why)
                        ? $"caught   {canaries[i].Name} {canaries[i].Rule}: at seed {FirstSeed + (ulong)seeds - 1} after {seeds} seeds: {FirstLine(why)}"
                        : $"SURVIVED {canaries[i].Name} {canaries[i].Rule}: {canaries[i].SeedBudget} seeds found nothing");
                }
            }
        }
    }

    /// <summary>Runs seed after seed until one fails; null when the budget is used up.</summary>
    internal static (int Seeds, string Why)? Catch(Canary canary)
    {
        for (var n = 0; n < canary.SeedBudget; n++)
        {
            var outcome = canary.Execute(FirstSeed + (ulong)n, canary.Variant);
            if (outcome.Failure is { } why) return (n + 1, why);
        }

        return null;
    }

    private static string FirstLine(string text)
    {
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? text : text[..end];
    }
}
