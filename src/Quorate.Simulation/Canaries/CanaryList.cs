using System.Diagnostics;

namespace Quorate.Simulation.Canaries;

/// <summary>
/// Tests the tester: variants broken on purpose, one rule each, must all be caught within their budget of seeds, each by a
/// checker that is named for it, in a world that holds no other mistake. A canary that survives means that the simulator would
/// not notice that mistake in the real code either.
/// </summary>
public static class CanaryList
{
    /// <summary>Names of all canaries.</summary>
    public static IReadOnlyList<string> Names => [.. All.Select(c => c.Name)];

    internal static IReadOnlyList<Canary> All { get; } =
        [.. RaftCanaries.All, .. JournalCanaries.All, .. KeyspaceCanaries.All, .. MergingCanaries.All];

    internal static Canary Named(string name) => All.Single(c => c.Name == name);

    /// <summary>Runs all and prints each, in the order of the list, and the score.</summary>
    /// <returns>0 when every canary was caught, else 1.</returns>
    /// <param name="output">Where they are printed.</param>
    /// <param name="threads">How many at the same time.</param>
    /// <param name="only">A part of the names of those to run; null for all.</param>
    public static int Run(TextWriter output, int threads = 2, string? only = null)
    {
        var clock = Stopwatch.StartNew();
        var caught = 0;
        var count = InOrder(only, threads, CanaryCatch.Of, (canary, found) =>
        {
            var from = $"in seed {found.Seed}: {found.Found}";
            if (found.Problem is null) caught++;
            output.WriteLine(found.Problem is null
                ? $"caught   {canary.Name} {canary.Rule}: by {found.Checker} {from}"
                : $"NOT OK   {canary.Name} {canary.Rule}: {found.Problem} {(found.Seed == 0 ? "" : from)}");
        });
        output.WriteLine(
            $"{caught} of {count} canaries caught, each by a checker that is named for it, in {clock.Elapsed.TotalSeconds:0} s");
        return caught == count ? 0 : 1;
    }

    /// <summary>Prints which checkers catch each canary in how many of some seeds: for whoever writes down what is
    /// expected.</summary>
    /// <returns>0.</returns>
    /// <param name="output">Where they are printed.</param>
    /// <param name="seeds">How many seeds of each, from 1 on.</param>
    /// <param name="threads">How many canaries at the same time.</param>
    /// <param name="only">A part of the names of those to run; null for all.</param>
    public static int Survey(TextWriter output, int seeds, int threads = 2, string? only = null)
    {
        InOrder(only, threads, c => CanaryCatch.Survey(c, seeds).ToList(), (canary, found) =>
        {
            output.WriteLine(canary.Name);
            foreach (var line in found) output.WriteLine(line);
        });
        return 0;
    }

    /// <summary>Runs several at the same time and tells of each in the order of the list.</summary>
    private static int InOrder<TResult>(string? only, int threads, Func<Canary, TResult> run, Action<Canary, TResult> tell)
        where TResult : class
    {
        var canaries = All.Where(c => only is null || c.Name.Contains(only, StringComparison.Ordinal)).ToArray();
        var results = new TResult?[canaries.Length];
        var (next, told) = (-1, 0);
        var gate = new Lock();
        var workers = Enumerable.Range(0, Math.Max(1, threads)).Select(_ => new Thread(Work)).ToList();
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers) worker.Join();
        return canaries.Length;

        void Work()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < canaries.Length;)
            {
                var result = run(canaries[i]);
                lock (gate)
                {
                    results[i] = result;
                    for (; told < results.Length && results[told] is { } ready; told++) tell(canaries[told], ready);
                }
            }
        }
    }
}
