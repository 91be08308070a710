using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Quorate.Replication;

/// <summary>A bug: the code found itself in a state its own rules exclude. The node stops rather than go on wrongly.</summary>
public sealed class InvariantViolation(string message) : Exception(message);

public static class Invariant
{
    /// <summary>Always on, in production as in the simulator.</summary>
    /// <exception cref="InvariantViolation">when <paramref name="holds"/> is false.</exception>
    public static void Require(
        [DoesNotReturnIf(false)] bool holds,
        string rule,
        [CallerArgumentExpression(nameof(holds))] string? condition = null)
    {
        if (!holds) Fail(rule, condition);
    }

    [DoesNotReturn]
    private static void Fail(string rule, string? condition) =>
        throw new InvariantViolation($"{rule} (violated: {condition})");
}
