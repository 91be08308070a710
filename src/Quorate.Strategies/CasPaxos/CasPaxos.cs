namespace Quorate.Strategies.CasPaxos;

/// <summary>Essay.</summary>
internal static class CasPaxos;
