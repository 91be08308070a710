namespace Quorate.Strategies.Leaderless;

/// <summary>Placeholder.</summary>
internal static class Leaderless;
