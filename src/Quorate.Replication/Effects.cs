namespace Quorate.Replication;

/// <summary>
/// What a step does to the world. Whoever drives a replica (the node, a golden script, a canary) provides it.
/// Durability is part of it: a message or reply that carries <c>after</c> leaves the node only when the journal is
/// durable up to that point, so "answered before it was safe" is visible on the line where it would happen.
/// </summary>
public abstract class Effects
{
    /// <summary>Appends a record of this group to the node's journal. Copies the bytes.</summary>
    /// <returns>The point after which the record is durable.</returns>
    public abstract PersistPoint Append(ReadOnlySpan<byte> record);

    /// <summary>Sends a message to another replica of this group. May be lost, delayed, duplicated, reordered.
    /// A message without <paramref name="after"/> is encoded at once, so it may point into the replica's own memory;
    /// one with <paramref name="after"/> is kept and must own what it holds.</summary>
    public abstract void Send(NodeId to, Message message, PersistPoint after = default);

    /// <summary>Tells the outcome of a request that waits on this node.</summary>
    public abstract void Reply(RequestId request, in Outcome outcome, PersistPoint after = default);

    /// <summary>Records of this group before <paramref name="point"/> are not needed for recovery any more.</summary>
    public abstract void Release(PersistPoint point);
}

public enum OutcomeKind : byte
{
    /// <summary>Done; there is nothing more to say (membership changed, leadership handed over).</summary>
    Done,

    /// <summary>The local state may be read now (answer to <see cref="RequestKind.Read"/>).</summary>
    ReadNow,

    /// <summary>Certainly not executed, because this replica does not lead; <see cref="Outcome.Hint"/> may.</summary>
    NotLeader,

    /// <summary>Certainly not executed, for the reason given.</summary>
    Unavailable,

    /// <summary>May or may not have been, or come to be, executed.</summary>
    Unknown,
}

/// <summary>How a request ended. A value, not an exception: failing is a normal thing to do for a distributed system.</summary>
public readonly record struct Outcome(OutcomeKind Kind, NodeId Hint = default, string? Why = null)
{
    public static readonly Outcome Done = new(OutcomeKind.Done);
    public static readonly Outcome ReadNow = new(OutcomeKind.ReadNow);

    public static Outcome NotLeader(NodeId hint) => new(OutcomeKind.NotLeader, hint);

    public static Outcome Unavailable(string why) => new(OutcomeKind.Unavailable, default, why);

    public static Outcome Unknown(string why) => new(OutcomeKind.Unknown, default, why);
}
