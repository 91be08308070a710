using Quorate.Replication;

namespace Quorate.Cluster.Control;

/// <summary>
/// What a node has told the control leader of its groups and what of it is known to have arrived: a heartbeat tells what has
/// changed since the newest one that was answered. A thousand quiet groups cost nothing.
/// </summary>
internal sealed class ToldBeats
{
    private readonly Dictionary<GroupId, (GroupBeat Beat, long ChangedAt)> _told = [];
    private readonly Dictionary<GroupId, long> _gone = [];
    private readonly List<GroupId> _missing = [];

    /// <summary>Changed since the newest answer.</summary>
    private readonly HashSet<GroupId> _news = [];
    private long _answered;

    /// <summary>Answers to heartbeats before this one say nothing: what went since then may be forgotten here.</summary>
    private long _since = long.MaxValue;

    /// <summary>Another leads the control group, or the same in another term: it knows nothing.</summary>
    public void Forget() => (_answered, _since) = (0, long.MaxValue);

    /// <summary>The control leader has taken the heartbeat that was sent then.</summary>
    public void OnAnswer(long sentAt)
    {
        if (sentAt <= _answered || sentAt < _since) return;
        _answered = sentAt;
        foreach (var (group, at) in _gone) if (at <= sentAt) _gone.Remove(group);
        _news.RemoveWhere(g => _told[g].ChangedAt <= sentAt);
    }

    /// <summary>The part of a heartbeat that is about groups.</summary>
    /// <param name="now">Its <see cref="Heartbeat.SentAt"/>.</param>
    /// <param name="groups">What the node holds.</param>
    /// <param name="isAll">False: some of what is as it was told is left out, and what is held no more is not looked for.</param>
    public (
        long BasedOn, IReadOnlyList<GroupBeat> Groups,
        IReadOnlyList<GroupId> Gone) Of(long now, IReadOnlyList<GroupBeat> groups, bool isAll)
    {
        if (_since == long.MaxValue) _since = now;
        foreach (var beat in groups)
        {
            if (_told.TryGetValue(beat.Group, out var told) && (ReferenceEquals(told.Beat, beat) || told.Beat == beat)) continue;
            _told[beat.Group] = (beat, now);
            _news.Add(beat.Group);
            _gone.Remove(beat.Group);
        }

        if (isAll && _told.Count > groups.Count) FindGone(now, groups);
        return _answered == 0
            ? (0, [.. _told.Values.Select(t => t.Beat)], [])
            : (_answered, [.. _news.Select(g => _told[g].Beat)], [.. _gone.Keys]);
    }

    private void FindGone(long now, IReadOnlyList<GroupBeat> groups)
    {
        var here = groups.Select(b => b.Group).ToHashSet();
        _missing.Clear();
        foreach (var group in _told.Keys) if (!here.Contains(group)) _missing.Add(group);
        foreach (var group in _missing)
        {
            _told.Remove(group);
            _news.Remove(group);
            _gone[group] = now;
        }
    }
}
