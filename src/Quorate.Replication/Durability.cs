namespace Quorate.Replication;

/// <summary>How durable a write must be on a node before it counts there.</summary>
public enum Durability : byte
{
    /// <summary>On stable storage (fdatasync): survives power loss of every node at once.</summary>
    Fsync,

    /// <summary>Handed to the operating system: survives a crash of the process, not of the machine.</summary>
    Written,

    /// <summary>In memory only: survives as long as enough replicas do not stop.</summary>
    Memory,
}
