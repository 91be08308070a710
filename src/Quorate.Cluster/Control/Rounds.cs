using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>
/// Which groups the supervisor looks at in a tick. Those whose leader the map names: all of them, for somebody waits. Of those
/// that elect for themselves there may be a thousand that nobody uses: where something stirs ten times a second, elsewhere every
/// three seconds, and all of them soon after a change of the map or of what is thought of a node.
/// </summary>
internal sealed class Rounds
{
    private const int SlowTicks = 10;
    private const int SeldomTicks = 300;

    private readonly List<GroupEntry> _electing = [];
    private readonly List<GroupEntry> _configured = [];
    private readonly SortedSet<int> _stirring = [];
    private readonly List<int> _due = [];
    private long _ticks;
    private long _mapVersion = -1;
    private long _changedAt;

    /// <summary>Groups whose leader the map names, in ascending order of id.</summary>
    public IReadOnlyList<GroupEntry> Configured(ClusterMap map)
    {
        Follow(map);
        return _configured;
    }

    /// <summary>Groups that elect for themselves and of which there is news, or for which something is under way.</summary>
    public IEnumerable<GroupEntry> Stirring(ClusterMap map)
    {
        foreach (var id in _stirring)
            if (map.Group(new GroupId(id)) is { IsConfigured: false } group) yield return group;
    }

    /// <summary>There is news of the group.</summary>
    public void Stir(GroupId group) => _stirring.Add(group.Value);

    /// <summary>There is news that may concern any of them.</summary>
    public void LookAtAll() => _changedAt = _ticks;

    /// <summary>It was looked at.</summary>
    public void Looked(GroupEntry group, bool isUnderWay)
    {
        if (isUnderWay && !group.IsConfigured) _stirring.Add(group.Id.Value);
        else _stirring.Remove(group.Id.Value);
    }

    /// <summary>Another term: nothing was looked at.</summary>
    public void Begin()
    {
        _stirring.Clear();
        _mapVersion = -1;
    }

    /// <summary>Moves to the next tick.</summary>
    public IEnumerable<GroupEntry> Next(ClusterMap map)
    {
        _ticks++;
        Follow(map);
        foreach (var group in _configured) yield return group;
        _due.Clear();
        foreach (var id in _stirring)
            if (IsSlowTickOf(id)) _due.Add(id);
        foreach (var id in _due)
        {
            if (map.Group(new GroupId(id)) is { IsConfigured: false } group) yield return group;
            else _stirring.Remove(id);
        }

        var every = _ticks - _changedAt <= SlowTicks ? SlowTicks : SeldomTicks;
        for (var i = (int)(_ticks % every); i < _electing.Count; i += every) yield return _electing[i];
    }

    private bool IsSlowTickOf(int group) => (_ticks + group) % SlowTicks == 0;

    private void Follow(ClusterMap map)
    {
        if (_mapVersion == map.Version) return;
        _mapVersion = map.Version;
        LookAtAll();
        _electing.Clear();
        _configured.Clear();
        foreach (var group in map.Groups) (group.IsConfigured ? _configured : _electing).Add(group);
    }
}
