namespace Quorate.Replication.Ordered;

/// <summary>What an entry of an ordered log is for; one byte of its frame. A strategy has only some of them:
/// <see cref="EntryKinds"/>.</summary>
public enum EntryKind : byte
{
    /// <summary>A client's command; its bytes mean something to the state machine only.</summary>
    Command = 0,

    /// <summary>The entry with which a leader begins its term or epoch: by committing it, it commits all before it.
    /// [Raft §6.4]</summary>
    NoOp = 1,

    /// <summary>The payload is a configuration of the group, which raft keeps in its log. [Raft §4.1]</summary>
    Configuration = 2,

    /// <summary>The state that a command led to, as <see cref="IStateShipping.Execute"/> wrote it.</summary>
    Effect = 3,
}

/// <summary>A set of <see cref="EntryKind"/>: those that a strategy's log may hold.</summary>
[Flags]
public enum EntryKinds : byte
{
    /// <summary>See <see cref="EntryKind.Command"/>.</summary>
    Command = 1 << EntryKind.Command,

    /// <summary>See <see cref="EntryKind.NoOp"/>.</summary>
    NoOp = 1 << EntryKind.NoOp,

    /// <summary>See <see cref="EntryKind.Configuration"/>.</summary>
    Configuration = 1 << EntryKind.Configuration,

    /// <summary>See <see cref="EntryKind.Effect"/>.</summary>
    Effect = 1 << EntryKind.Effect,
}
