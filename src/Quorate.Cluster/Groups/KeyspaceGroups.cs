using Quorate.Cluster.Maps;
using Quorate.Cluster.Reads;
using Quorate.Replication;

namespace Quorate.Cluster.Groups;

/// <summary>The groups of one keyspace on this node, by the slots of the keys that each holds, and the keyspace's own rule for
/// reads. Immutable: made anew when the map or what this node holds has changed.</summary>
internal sealed class KeyspaceGroups
{
    private readonly Group[] _groups;
    private readonly KeyspaceEntry? _entry;

    /// <param name="entry">Null: the default group's, where no map is known.</param>
    /// <param name="groups">In the entry's order; at least one.</param>
    /// <param name="database">The keyspace's number within its groups.</param>
    /// <param name="rule">What its reads may return when the client does not say otherwise.</param>
    public KeyspaceGroups(KeyspaceEntry? entry, Group[] groups, int database, ReadRule rule)
    {
        Invariant.Require(groups.Length > 0 && (entry is not null || groups.Length == 1), "a keyspace has a group");
        (_entry, _groups, Database, Rule) = (entry, groups, database, rule);
    }

    public int Database { get; }

    public ReadRule Rule { get; }

    public GroupCommands Commands => _groups[0].Commands;

    public IReadOnlyList<Group> All => _groups;

    public int Count => _groups.Length;

    /// <summary>The group of the first slot: for commands that any group answers.</summary>
    public Group First => _groups[0];

    /// <summary>Notes how far the states here are: a session follows the groups' history from there on.</summary>
    public void NotePositions(SessionPositions positions)
    {
        foreach (var group in _groups)
            if (group.Replica.History is { HasState: true } history) positions.Note(group.Id, history.Reached);
    }

    /// <summary>The group that holds a slot's keys, 0 to 16383.</summary>
    public Group At(int slot) => _groups.Length == 1 ? _groups[0] : _groups[_entry!.PlaceOf(slot)];

    public Group Of(ReadOnlySpan<byte> key) => _groups.Length == 1 ? _groups[0] : At(KeySlot.Of(key));
}
