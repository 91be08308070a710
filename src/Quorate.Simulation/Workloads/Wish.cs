using Quorate.Simulation.Checking;

namespace Quorate.Simulation.Workloads;

/// <summary>What a client asks for next.</summary>
/// <param name="Kind">What it does to its key.</param>
/// <param name="Key">The key.</param>
/// <param name="Argument">What is written, if something is.</param>
/// <param name="Words">The whole command, where the kind does not say it.</param>
internal readonly record struct Wish(OperationKind Kind, string Key, string? Argument = null, string[]? Words = null)
{
    /// <summary>Writes with another quorum than the keyspace's, or reads with one.</summary>
    public bool IsWeak => Words is ["QUORUM", ..];
}
