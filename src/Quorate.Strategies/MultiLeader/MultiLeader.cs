namespace Quorate.Strategies.MultiLeader;

/// <summary>todo</summary>
internal static class MultiLeader;
