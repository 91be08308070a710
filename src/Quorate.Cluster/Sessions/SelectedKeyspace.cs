using Quorate.Cluster.Commands;
using Quorate.Cluster.Reads;

namespace Quorate.Cluster.Sessions;

/// <summary>Where a session's commands go. Looked up again when another keyspace is selected or the map changed, but never
/// while commands are unanswered: those stay with the group they went to.</summary>
internal sealed class SelectedKeyspace(Node node, SessionState state)
{
    private long _version = -1;

    private Group _group = node.Routing.First;

    /// <summary>The keyspace's number within its group.</summary>
    public int Database { get; private set; }

    /// <summary>False when the keyspace was dropped.</summary>
    public bool Exists { get; private set; }

    /// <summary>What the session's reads may return.</summary>
    public ReadRule Rule { get; private set; }

    /// <summary>What the keyspace's reads may return when nobody says otherwise.</summary>
    public ReadRule OwnRule { get; private set; }

    /// <summary>See <see cref="ClientSession.FollowsHistory"/>.</summary>
    public bool FollowsHistory { get; private set; }

    /// <summary>The group.</summary>
    /// <param name="mayMove">Nothing is unanswered.</param>
    public Group Look(bool mayMove)
    {
        if (mayMove) Refresh();
        return _group;
    }

    public void Refresh()
    {
        if (_version == node.Routing.Version && !state.HasMoved) return;
        _version = node.Routing.Version;
        state.HasMoved = false;
        var group = node.Routing.Of(state, out var database);
        Exists = group is not null;
        if (group is not null) (_group, Database) = (group, database);
        OwnRule = node.Routing.RuleOf(state);
        Rule = state.Reads ?? OwnRule;
        FollowsHistory = state.FollowsHistory || Rule.FollowsSession;
    }
}
