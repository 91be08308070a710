namespace Quorate.Strategies.Primary;

internal static class Primary;
