using Quorate.Cluster.Groups;
using Quorate.Cluster.Maps;
using Quorate.Replication;

namespace Quorate.Cluster.Turns;

/// <summary>
/// Faults of the groups of this node that an operator should know of: writes that fewer copies stand for than the
/// policy asks, writes that are refused for want of copies, a state that is not trusted. Each is raised when it begins, noted
/// when it is over, and can be read as long as it lasts.
/// </summary>
internal sealed class StandingAlarms(NodeTurns node)
{
    private const int LookTicks = 5;

    /// <summary>A backup that was restarted is back within this: not worth waking anybody.</summary>
    private const int PatienceLooks = 4;

    private readonly SortedList<int, (string Text, int Looks)> _now = [];
    private int _ticks;

    /// <summary>Sentences, one for each group that something is wrong with, by group.</summary>
    public IReadOnlyList<string> All => [.. _now.Values.Where(n => n.Looks >= PatienceLooks).Select(n => n.Text)];

    public void OnTick()
    {
        if (++_ticks % LookTicks != 0 || node.Control is not { Map: { IsKnown: true } map }) return;
        // nothing goes wrong in one that is quiet
        foreach (var hosted in node.Ticking) if (node.Find(hosted.Id) is { } group) Look(map, group);
        for (var i = _now.Count - 1; i >= 0; i--)
        {
            if (node.Find(new GroupId(_now.Keys[i])) is not { } group) _now.RemoveAt(i);
            else if (!group.Hosting.IsTicking) Look(map, group);
        }
    }

    private void Look(ClusterMap map, Group group)
    {
        if (WhatIsWrong(group) is { } why) Keep(group.Id, $"{map.NamesOf(group.Id)}: {why}");
        else if (_now.Remove(group.Id.Value, out var over) && over.Looks >= PatienceLooks) node.Alarms.Note($"over: {over.Text}");
    }

    /// <summary>Degrading loses what was promised, so it is told at once.</summary>
    private void Keep(GroupId group, string text)
    {
        var known = _now.GetValueOrDefault(group.Value);
        var looks = known.Text == text
            ? Math.Min(known.Looks + 1, PatienceLooks + 1) : text.Contains("degraded", StringComparison.Ordinal) ? PatienceLooks
            : 1;
        _now[group.Value] = (text, looks);
        if (looks == PatienceLooks) node.Alarms.Raise(text);
    }

    private static string? WhatIsWrong(Group group) =>
        group.Replica.Alarm ?? (group.Trust is not "ok" and var state ? $"the state here is not trusted ({state})" : null);
}
