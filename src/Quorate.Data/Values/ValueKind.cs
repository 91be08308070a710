namespace Quorate.Data.Values;

/// <summary>What kind of value a key holds: the number of its <see cref="DataType"/>, 0 to 63. A command for one kind answers
/// WRONGTYPE on another. The numbers are in snapshots and effects, so a number never gets another meaning.</summary>
public enum ValueKind : byte
{
    String,
    List,
    Set,
    SortedSet,
    Hash,
    Stream,
}
