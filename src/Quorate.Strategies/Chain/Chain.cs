namespace Quorate.Strategies.Chain;
/// <summary>Essay.</summary>
internal static class Chain;
