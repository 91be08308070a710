namespace Quorate;

/// <summary>What the program says when it ends.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>It could not do what it was asked to: a port in use, a server that does not answer, a seed that failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line or configuration is wrong.</summary>
    public const int Usage = 2;

    /// <summary>A bug: an invariant did not hold. (EX_SOFTWARE of sysexits.h.)</summary>
    public const int Bug = 70;
}
