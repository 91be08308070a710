namespace Quorate.Data;

/// <summary>What an entry of a keyspace's log asks for.</summary>
public enum KeyspaceEntryKind : byte
{
    Command = 1,

    /// <summary>A command that takes effect once, however often it is in the log.</summary>
    SessionCommand = 2,

    /// <summary>Nothing but the time.</summary>
    Clock = 3,

    /// <summary>Every replica hashes a part of its state and tells what it got.</summary>
    Digest = 4,

    /// <summary>Every replica executes a read and tells its reply; it changes nothing.</summary>
    VotedRead = 5,
}
