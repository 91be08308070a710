namespace Quorate.Simulation.Checking;

/// <summary>A simulated run found something that must never be. Every checker has a type of its own, so that a canary can say
/// which one must notice it.</summary>
/// <param name="message">What was seen, on which node.</param>
public abstract class SimulationFailure(string message) : Exception(message)
{
    /// <summary>A checker's name, for people.</summary>
    /// <param name="failure">The type of its failures, or any other exception's.</param>
    internal static string CheckerOf(Type failure)
    {
        if (!failure.IsSubclassOf(typeof(SimulationFailure))) return failure.Name;
        var words = failure.Name.Replace("Failure", "", StringComparison.Ordinal)
            .SelectMany((c, i) => char.IsUpper(c) && i > 0 ? [' ', c] : new[] { c });
        return string.Concat(words).ToLowerInvariant();
    }
}
