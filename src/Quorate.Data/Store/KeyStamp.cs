using Quorate.Replication;

namespace Quorate.Data.Store;

/// <summary>What a write leaves at the key it writes.</summary>
/// <param name="Version">the log index of the entry; <see cref="KeyMark.LatestVersion"/> at most, 0 where there is no log</param>
/// <param name="Seconds">the clock of the log, Unix seconds</param>
public readonly record struct KeyStamp(LogIndex Version, uint Seconds);
