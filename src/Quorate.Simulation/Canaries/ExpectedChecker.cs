using Quorate.Simulation.Checking;
using Quorate.Simulation.Labs;

namespace Quorate.Simulation.Canaries;

/// <summary>A checker that must notice what a canary breaks.</summary>
/// <param name="Failure">The type of the checker's failures.</param>
/// <param name="Says">Words that its message contains; empty: any message of that checker.</param>
/// <param name="Why">Why this checker, too, notices the broken rule itself; of the first that a canary names it may be
/// empty.</param>
internal sealed record ExpectedChecker(Type Failure, string Says, string Why)
{
    public static ExpectedChecker By<TFailure>(string says = "", string why = "")
        where TFailure : SimulationFailure => new(typeof(TFailure), says, why);

    public bool Caught(RunOutcome outcome) =>
        outcome.FailedBy == Failure && outcome.Failure!.Contains(Says, StringComparison.Ordinal);

    public override string ToString() => SimulationFailure.CheckerOf(Failure) + (Says.Length == 0 ? "" : $" ('{Says}')");
}
