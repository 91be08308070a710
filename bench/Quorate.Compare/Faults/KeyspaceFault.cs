namespace Quorate.Compare.Faults;

/// <summary>What is done to one node, or to what it hears.</summary>
internal enum FaultKind
{
    /// <summary>kill -9; started again on its folder.</summary>
    Killed,

    /// <summary>SIGSTOP; then SIGCONT.</summary>
    Stopped,

    /// <summary>It hears nobody and nobody hears it, but its clients do.</summary>
    CutOff,

    /// <summary>It hears the others, they do not hear it.</summary>
    Mute,

    /// <summary>It and one more on one side, the other three on the other.</summary>
    Halved,

    /// <summary>Its backups are stopped for a moment, long enough to fill what is on the way to them, and it is killed in it:
    /// what it acknowledged at the end nobody else has. Of keyspaces that wait for nobody.</summary>
    KilledUnshipped,
}

/// <summary>One fault of a run: stamps are <see cref="System.Diagnostics.Stopwatch"/>'s, the beginning is when it
/// struck.</summary>
internal sealed record KeyspaceFault(FaultKind Kind, string Keyspace, int Victim, long Began)
{
    public override string ToString() => $"n{Victim + 1} of {Keyspace} {Kind switch
    {
        FaultKind.Killed => "killed",
        FaultKind.Stopped => "stopped",
        FaultKind.CutOff => "cut off",
        FaultKind.Mute => "mute",
        FaultKind.Halved => "on the smaller side",
        _ => "killed before it could ship",
    }}";
}
