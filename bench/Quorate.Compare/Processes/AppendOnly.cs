namespace Quorate.Compare.Processes;

/// <summary>What Redis writes to its append-only file, and when it is synced.</summary>
internal enum AppendOnly
{
    No,

    /// <summary>Written before the reply, synced once a second.</summary>
    EverySecond,

    /// <summary>Synced before the reply.</summary>
    Always,
}
