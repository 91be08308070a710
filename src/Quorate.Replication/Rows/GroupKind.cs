namespace Quorate.Replication.Rows;

/// <summary>What the replicas of a group hold and how it comes to be the same.</summary>
public enum GroupKind : byte
{
    /// <summary>All writes have one order; every replica executes them in that order (<see cref="IStateMachine"/>).</summary>
    Ordered,

    /// <summary>Replicas take writes by themselves and merge what they hear of others' (<see cref="IMergeMachine"/>).</summary>
    Merging,

    /// <summary>Each key is a register that its replicas agree on, whatever becomes of other keys (<see
    /// cref="IRegisterMachine"/>).</summary>
    Registers,
}
