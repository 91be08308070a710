namespace Quorate.Data.Store;

/// <summary>What kind of value a key holds. Strings are all there is so far; a command for one kind answers WRONGTYPE on another.</summary>
public enum ValueKind : byte
{
    String,
    List,
    Set,
    SortedSet,
    Hash,
    Stream,
}

/// <summary>How a string came to be, as far as OBJECT ENCODING shows it.</summary>
internal enum StringForm : byte
{
    /// <summary>Set as a whole: shown as int, embstr or raw by its content and length.</summary>
    Whole,

    /// <summary>Changed in place (APPEND, SETRANGE, SETBIT): shown as raw.</summary>
    Raw,

    /// <summary>Written as text by a float addition: never shown as int.</summary>
    Text,
}
