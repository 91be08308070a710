using Quorate.Cluster.Commands;
using Quorate.Cluster.Groups;
using Quorate.Cluster.Reads;

namespace Quorate.Cluster.Sessions;

/// <summary>The keyspace that a session has selected. Looked up again when another one is selected or the map changed, but never
/// while commands are unanswered: those stay with the groups that they went to.</summary>
internal sealed class SelectedKeyspace(ISessionNode node, SessionState state)
{
    private long _version = -1;

    /// <summary>The last that existed, when it was dropped.</summary>
    public KeyspaceGroups Groups { get; private set; } = node.Routing.First;

    /// <summary>False when the keyspace was dropped.</summary>
    public bool Exists { get; private set; }

    /// <summary>What the session's reads may return.</summary>
    public ReadRule Rule { get; private set; }

    /// <summary>See <see cref="ClientSession.FollowsHistory"/>.</summary>
    public bool FollowsHistory { get; private set; }

    /// <summary>Looks again. Not while commands are unanswered, unless they have not begun.</summary>
    public void Refresh()
    {
        if (_version == node.Routing.Version && !state.HasMoved) return;
        _version = node.Routing.Version;
        state.HasMoved = false;
        var groups = node.Routing.Of(state.Keyspace, state.Database);
        Exists = groups is not null;
        if (groups is not null) Groups = groups;
        Rule = state.Reads ?? (Exists ? Groups.Rule : default);
        FollowsHistory = state.FollowsHistory || Rule.FollowsSession;
    }
}
