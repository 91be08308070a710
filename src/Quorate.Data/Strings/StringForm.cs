namespace Quorate.Data.Strings;

/// <summary>How a string came to be, as far as OBJECT ENCODING shows it: the variant of its form.</summary>
internal enum StringForm : byte
{
    /// <summary>Set as a whole: shown as int, embstr or raw by its content and length.</summary>
    Whole,

    /// <summary>Changed in place (APPEND, SETRANGE, SETBIT): shown as raw.</summary>
    Raw,

    /// <summary>Written as text by a float addition: never shown as int.</summary>
    Text,
}
