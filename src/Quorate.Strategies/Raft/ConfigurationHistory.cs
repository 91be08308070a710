using Quorate.Replication;

namespace Quorate.Strategies.Raft;

/// <summary>
/// The configurations in the log, each effective from the moment its entry was appended; truncating the entry brings
/// back the one before it. [Raft §4.1] Invariant: indices rise, the first is at or before the log's base.
/// </summary>
internal sealed class ConfigurationHistory
{
    private readonly List<(LogIndex Index, Configuration Configuration)> _list = [];

    public ConfigurationHistory(Configuration initial) => _list.Add((default, initial));

    public Configuration Latest => _list[^1].Configuration;

    public LogIndex LatestIndex => _list[^1].Index;

    public void Add(LogIndex index, Configuration configuration)
    {
        Invariant.Require(index > LatestIndex, "configurations come in the order of the log");
        _list.Add((index, configuration));
    }

    public void TruncateFrom(LogIndex from)
    {
        while (_list.Count > 1 && _list[^1].Index >= from) _list.RemoveAt(_list.Count - 1);
    }

    /// <summary>The configuration in force at <paramref name="index"/>.</summary>
    public Configuration At(LogIndex index)
    {
        for (var i = _list.Count - 1; i > 0; i--)
        {
            if (_list[i].Index <= index) return _list[i].Configuration;
        }

        return _list[0].Configuration;
    }

    /// <summary>Nothing up to <paramref name="index"/> will be truncated any more.</summary>
    public void DropBefore(LogIndex index)
    {
        while (_list.Count > 1 && _list[1].Index <= index) _list.RemoveAt(0);
    }

    /// <summary>A snapshot says what was in force at its index; later entries stay when the log kept them.</summary>
    public void Restore(LogIndex index, Configuration configuration, bool keepLater)
    {
        if (keepLater) _list.RemoveAll(e => e.Index <= index);
        else _list.Clear();
        _list.Insert(0, (index, configuration));
    }
}
