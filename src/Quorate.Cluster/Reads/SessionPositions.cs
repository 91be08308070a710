using System.Globalization;
using System.Text;
using Quorate.Replication;

namespace Quorate.Cluster.Reads;

/// <summary>
/// How far in the history of each group a connection has seen: by its own writes and by what it read. For each group one
/// point of every epoch it has met, because a later point alone would hide that a fail-over cut off an earlier one; a read
/// that finds a state with all of them leaves one. As text, the token that another connection goes on with.
/// </summary>
public sealed class SessionPositions
{
    /// <summary>Points that a token may name.</summary>
    public const int Most = 256;

    private const int MostEpochs = 8;
    private const string Nothing = "none";

    /// <summary>In ascending order of group, then epoch: rarely more than a few.</summary>
    private readonly List<(GroupId Group, HistoryPoint Point)> _points = [];

    public int Count => _points.Count;

    /// <summary>The connection has seen the group's history up to here.</summary>
    public void Note(GroupId group, in HistoryPoint point)
    {
        if (point.Index.Value == 0) return;
        var at = First(group);
        while (at < _points.Count && _points[at].Group == group && _points[at].Point.Epoch < point.Epoch) at++;
        if (at < _points.Count && _points[at].Group == group && _points[at].Point.Epoch == point.Epoch)
        {
            if (_points[at].Point.Index < point.Index) _points[at] = (group, point);
            return;
        }

        _points.Insert(at, (group, point));
        // So many fail-overs between two reads: the oldest points are the likeliest to be in what came after.
        var first = First(group);
        if (first + MostEpochs < _points.Count && _points[first + MostEpochs].Group == group) _points.RemoveAt(first);
    }

    /// <summary>A state that contains all the points of the group was read.</summary>
    public void Replace(GroupId group, in HistoryPoint point)
    {
        var first = First(group);
        var end = first;
        while (end < _points.Count && _points[end].Group == group) end++;
        if (end - first == 1)
        {
            _points[first] = (group, point);
            return;
        }

        _points.RemoveRange(first, end - first);
        if (point.Index.Value > 0) _points.Insert(first, (group, point));
    }

    /// <summary>The worst standing of the group's points.</summary>
    public Standing In(IHistory history, GroupId group)
    {
        var worst = Standing.Contains;
        for (var at = First(group); at < _points.Count && _points[at].Group == group; at++)
        {
            var standing = history.Of(_points[at].Point);
            if (standing > worst) worst = standing;
        }

        return worst;
    }

    public IEnumerable<HistoryPoint> Of(GroupId group)
    {
        for (var at = First(group); at < _points.Count && _points[at].Group == group; at++) yield return _points[at].Point;
    }

    /// <summary>Groups that the connection has seen something of.</summary>
    public IEnumerable<GroupId> Groups => _points.Select(p => p.Group).Distinct();

    public void Clear() => _points.Clear();

    /// <summary>Takes over what another connection has seen. False, and nothing is changed: that is no token, or it says too
    /// much.</summary>
    public bool TryMerge(string token)
    {
        if (token == Nothing) return true;
        var read = new List<(GroupId, HistoryPoint)>();
        foreach (var part in token.Split(','))
        {
            var numbers = part.Split('.');
            if (read.Count == Most || numbers.Length != 3 || numbers[0].Length < 2 || numbers[0][0] != 'g') return false;
            if (!int.TryParse(numbers[0].AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var group) || group < 1)
                return false;
            if (!long.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)) return false;
            if (!long.TryParse(numbers[2], NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index < 1)
                return false;
            read.Add((new GroupId(group), new HistoryPoint(new Epoch(epoch), new LogIndex(index))));
        }

        if (_points.Count + read.Count > 2 * Most) return false;
        foreach (var (group, point) in read) Note(group, point);
        return true;
    }

    /// <summary>The token: <c>g&lt;group&gt;.&lt;epoch&gt;.&lt;index&gt;</c>, several joined by commas, or <c>none</c>.</summary>
    public override string ToString()
    {
        if (_points.Count == 0) return Nothing;
        var text = new StringBuilder();
        foreach (var (group, point) in _points)
            text.Append(
                CultureInfo.InvariantCulture,
                $"{(text.Length > 0 ? "," : "")}g{group.Value}.{point.Epoch.Value}.{point.Index.Value}");
        return text.ToString();
    }

    private int First(GroupId group)
    {
        var at = 0;
        while (at < _points.Count && _points[at].Group.Value < group.Value) at++;
        return at;
    }
}
