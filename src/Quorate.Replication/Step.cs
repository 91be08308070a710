namespace Quorate.Replication;

/// <summary>The step that a replica is in: its time, and the world that it acts on. A replica has one for its whole life and
/// gives it to its parts, which so need not know the replica. One caller at a time.</summary>
public sealed class Step
{
    /// <summary>The time of the step; before the first, 0.</summary>
    public StepTime Now { get; private set; }

    /// <summary>What the step does; null before the first.</summary>
    public Effects Out { get; private set; } = null!;

    /// <summary>A step begins: an input has come.</summary>
    public void Enter(StepTime now, Effects effects) => (Now, Out) = (now, effects);
}
