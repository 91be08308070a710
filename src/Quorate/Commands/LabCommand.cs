using System.CommandLine;
using System.Globalization;
using Quorate.Configuration;
using Quorate.Simulation.Canaries;
using Quorate.Simulation.Labs;

namespace Quorate.Commands;

/// <summary><c>quorate lab</c>: whole clusters in simulated worlds, and the check that the checks work.</summary>
internal static class LabCommand
{
    public static Command Create(TextWriter output)
    {
        var lab = new Command(
            "lab", "Runs clusters in simulated worlds of faults and checks what they promise.") { CreateRun(output) };
        var canaries = new Command("canaries", "Breaks the rules one by one on purpose and shows that the checks notice.");
        var only = new Argument<string?>("part")
        {
            Description = "Only those whose names contain this.",
            Arity = ArgumentArity.ZeroOrOne
        };
        var survey = new Option<string>("--survey")
        {
            Description = "Run that many seeds of each and count which checkers catch it.",
        };
        canaries.Add(only);
        canaries.Add(survey);
        canaries.SetAction(parsed => Number("--survey", parsed.GetValue(survey), 1) is { } seeds
            ? CanaryList.Survey(output, seeds, only: parsed.GetValue(only))
            : CanaryList.Run(output, only: parsed.GetValue(only)));
        lab.Add(canaries);
        lab.Add(CreateGap(output));
        return lab;
    }

    private static Command CreateGap(TextWriter output)
    {
        var what = new Argument<string>("what") { Description = $"Which node to kill: {string.Join(", ", FailoverGaps.Names)}." };
        var seeds = new Option<string>("--seeds") { Description = "How many times (200)." };
        var gap = new Command("gap", "Measures how long writes stop when a node is killed, in virtual time.") { what, seeds };
        gap.SetAction(parsed => FailoverGaps
            .Run(parsed.GetValue(what)!, Number("--seeds", parsed.GetValue(seeds), 1) ?? 200, output));
        return gap;
    }

    private static Command CreateRun(TextWriter output)
    {
        var strategy = new Argument<string>("strategy")
        {
            Description = $"What to put to the test: {string.Join(", ", Lab.Names)}.",
        };
        var seed = new Option<string>("--seed") { Description = "Run this one seed." };
        var seeds = new Option<string>("--seeds") { Description = "Run that many seeds (100)." };
        var minutes = new Option<string>("--minutes") { Description = "Begin new seeds for that long." };
        var trace = new Option<bool>("--trace") { Description = "With --seed: print everything that happens." };
        var run = new Command(
            "run",
            "Runs seeds; a failing one is printed with the command that runs it again.") { strategy,
            seed, seeds, minutes, trace };
        run.SetAction(parsed =>
        {
            var name = parsed.GetValue(strategy)!;
            if (!Lab.Names.Contains(name)) throw new SettingException($"there is no lab '{name}'; there are "
                + $"{string.Join(", ", Lab.Names)}");
            return Lab.Run(
                new LabOptions
                {
                    Strategy = name,
                    Seed = Number<ulong>("--seed", parsed.GetValue(seed), 0),
                    Seeds = Number("--seeds", parsed.GetValue(seeds), 1),
                    Minutes = Number("--minutes", parsed.GetValue(minutes), 0.0),
                    Trace = parsed.GetValue(trace),
                },
                output);
        });
        return run;
    }

    private static T? Number<T>(string name, string? text, T least)
        where T : struct, IParsable<T>, IComparable<T>
    {
        if (text is null) return null;
        if (T.TryParse(text, CultureInfo.InvariantCulture, out var value) && value.CompareTo(least) >= 0) return value;
        throw new SettingException($"{name} is '{text}'; it must be a number, {least} or more");
    }
}
